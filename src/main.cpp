// terrace-server: reads the configuration, makes the parts of the ground floor, runs the Server.
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "io/machine_memory.h"
#include "io/reactor.h"
#include "io/scheduling.h"
#include "io/signal_watcher.h"
#include "io/uring_disk.h"
#include "io/worker_pool.h"
#include "src/acl/acl.h"
#include "src/commands/command_families.h"
#include "src/config/config.h"
#include "src/runtime/logger.h"
#include "src/runtime/version.h"
#include "src/server/server.h"
#include "src/server/supervisor.h"
#include "storage/memory/allocation.h"

namespace terrace {
namespace {

constexpr unsigned kMaxWorkers = 4;

void print_usage() {
  std::puts(
      "Usage: terrace-server [/path/to/redis.conf] [options] [-]\n"
      "       terrace-server - (reads the configuration from stdin)\n"
      "       terrace-server -v or --version\n"
      "       terrace-server -h or --help\n\n"
      "Options are the directives of redis.conf with '--' in front:\n"
      "       terrace-server --port 7777 --maxmemory 1gb --dir /var/lib/terrace\n"
      "       terrace-server /etc/terrace.conf --loglevel verbose");
}

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  char directory[PATH_MAX];
  return getcwd(directory, sizeof directory) ? std::string(directory) + "/" + path : path;
}

std::string read_all(std::istream& stream) {
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The file, then standard input if '-' is among the arguments, then the options, as Redis puts them together.
Result<void> load_configuration(std::vector<std::string> arguments, Config& config) {
  std::string text, path;
  if (!arguments.empty() && !arguments[0].starts_with('-')) {
    path = absolute(arguments[0]);
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return Error{ErrorCode::kNotFound,
                   "Fatal error, can't open config file '" + path + "': No such file or directory"};
    }
    text = read_all(file);
    arguments.erase(arguments.begin());
  }
  bool from_stdin = std::erase(arguments, "-") > 0;
  if (from_stdin) text += read_all(std::cin);
  if (!arguments.empty()) text += "\n" + text_of_options(arguments);
  return config.load(text, path);
}

// The parent ends at once, as with Redis; standard streams go nowhere.
void become_daemon() {
  if (fork() != 0) std::exit(0);
  setsid();
  std::FILE* in = std::freopen("/dev/null", "r", stdin);
  std::FILE* out = std::freopen("/dev/null", "w", stdout);
  std::FILE* error = std::freopen("/dev/null", "w", stderr);
  if (!in || !out || !error) std::exit(1);
}

class PidFile {
 public:
  explicit PidFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) std::ofstream(path_) << getpid() << "\n";
  }
  ~PidFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }

 private:
  std::string path_;
};

int fail(Logger& logger, const std::string& message) {
  logger.warning(message);
  return 1;
}

void greet(Logger& logger, Config& config) {
  const Settings& settings = config.settings();
  logger.warning("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo");
  logger.warning("Terrace version=" + std::string(kVersion) + ", Redis version=" + std::string(kRedisVersion) +
                 ", bits=64, pid=" + std::to_string(getpid()) + ", just started");
  logger.warning("Configuration loaded");
  for (const std::string& notice : config.take_notices()) logger.notice(notice);
  logger.notice("Running mode=standalone, port=" + std::to_string(settings.port) + ".");
  const std::int64_t memory = settings.max_memory_bytes;
  logger.notice(memory > 0 ? "The limit on memory (maxmemory) is " + std::to_string(memory) + " bytes."
                           : "There is no limit on memory: maxmemory is 0.");
  logger.notice("PID: " + std::to_string(getpid()));
}

Result<void> rename_commands(const Config& config, CommandTable& commands) {
  for (const CommandRename& rename : config.settings().command_renames) {
    if (auto renamed = commands.rename(rename.name, rename.new_name); !renamed.ok()) {
      return Error{renamed.error().code, rename.place + renamed.error().message};
    }
  }
  return {};
}

// Before anything is started: what is wrong in a configuration file is told on the terminal.
Result<void> check_commands(const Config& config) {
  CommandTable commands;
  CommandFamilies::add_rows_to(commands);
  if (auto users = acl::check_user_lines(config.settings(), commands); !users.ok()) return users;
  return rename_commands(config, commands);
}

int serve(Config& config) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  const Settings& settings = config.settings();
  Logger logger;
  logger.set_level(settings.log_level);
  if (auto opened = logger.open(settings.log_file); !opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  Supervisor supervisor(settings.supervised, logger);
  // A supervisor would take the parent's end for the server's.
  bool background = settings.daemonize && !supervisor.present();
  if (background) become_daemon();
  std::string pid_path = settings.pid_file;
  if (pid_path.empty() && background) pid_path = "/var/run/redis.pid";
  PidFile pid_file(pid_path);
  greet(logger, config);
  io::run_at_once();
  auto reactor = io::Reactor::create();
  if (!reactor.ok()) return fail(logger, reactor.error().message);
  Store::OpenDisk open_disk = [&reactor = **reactor, &settings]() -> Result<std::unique_ptr<io::Disk>> {
    auto disk = io::UringDisk::open(reactor, settings.directory);
    if (!disk.ok()) return disk.error();
    return std::unique_ptr<io::Disk>(std::move(*disk));
  };
  auto disk = open_disk();
  if (!disk.ok()) return fail(logger, "The data directory cannot be used: " + disk.error().message);
  // Before any thread: threads inherit which signals are blocked.
  auto signals = io::SignalWatcher::create(**reactor, {SIGINT, SIGTERM});
  if (!signals.ok()) return fail(logger, signals.error().message);
  unsigned workers = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxWorkers);
  io::WorkerPool pool(**reactor, workers, "worker", storage::give_back_freed);
  Server server(**reactor, std::move(*disk), open_disk, pool, **signals, supervisor, config, logger);
  const CommandFamilies families(server.components());
  families.add_to(server.components().commands);
  static_cast<void>(rename_commands(config, server.components().commands));  // checked before
  return (*reactor)->block_on(server.run());
}

int run(int count, char** values) {
  std::vector<std::string> arguments(values + 1, values + count);
  if (arguments.size() == 1 && (arguments[0] == "-v" || arguments[0] == "--version")) {
    std::printf("Terrace server v=%s (compatible with Redis v=%s)\n", std::string(kVersion).c_str(),
                std::string(kRedisVersion).c_str());
    return 0;
  }
  if (arguments.size() == 1 && (arguments[0] == "-h" || arguments[0] == "--help")) {
    print_usage();
    return 0;
  }
  Config config;
  config.set_default("maxmemory", static_cast<std::int64_t>(io::usable_memory_bytes() / 4 * 3));
  Result<void> loaded = load_configuration(std::move(arguments), config);
  if (loaded.ok()) loaded = check_commands(config);
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    return 1;
  }
  return serve(config);
}

}  // namespace
}  // namespace terrace

int main(int count, char** values) {
  return terrace::run(count, values);
}
