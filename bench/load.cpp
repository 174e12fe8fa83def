// terrace-load: a load generator that chooses keys by a distribution, writes values of its own, can pace itself and
// tells the whole distribution of latencies; --help tells its arguments.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/run.h"
#include "bench/load/workload.h"
#include "io/reactor.h"

namespace terrace::load {
namespace {

struct Arguments {
  RunOptions run;
  std::uint64_t keys = 100'000;
  std::string key_format = "key:%012d";
  std::size_t key_size = 0;
  std::string distribution = "uniform";
  std::string mix;
  std::size_t value_size = 100;
  std::string values_file;
  std::uint64_t seed = 1;
  bool sequential = false;
  bool json = false;
};

void describe(CLI::App& app, Arguments& arguments) {
  RunOptions& run = arguments.run;
  app.add_option("--port", run.port, "of the server, on 127.0.0.1")->capture_default_str();
  app.add_option("--connections", run.connections, "clients")->check(CLI::Range(1, 4000))->capture_default_str();
  app.add_option("--pipeline", run.pipeline, "requests in flight on a connection")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--requests", run.requests, "how many; 100000, or with --sequential as many as keys")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", run.seconds, "for how long, instead of --requests")->check(CLI::PositiveNumber);
  app.add_option("--keys", arguments.keys, "different keys")
      ->check(CLI::Range(std::uint64_t{1}, KeyChooser::kMaxKeys))
      ->capture_default_str();
  app.add_option("--key-format", arguments.key_format, "name of key n")->capture_default_str();
  app.add_option("--key-size", arguments.key_size, "names are filled up to this many bytes")
      ->check(CLI::Range(1, 65536));
  app.add_option("--distribution", arguments.distribution, "which keys: uniform, or zipf with an exponent of 0.99")
      ->check(CLI::IsMember({"uniform", "zipf"}))
      ->capture_default_str();
  app.add_flag("--sequential", arguments.sequential, "each key once, in order, by SET unless --mix says otherwise");
  app.add_option("--mix", arguments.mix, "commands and their weights, as in get:80,set:20 (" + command_names() + ")");
  auto* size = app.add_option("--value-size", arguments.value_size, "bytes of a value")
                   ->check(CLI::Range(0, 1 << 29))
                   ->capture_default_str();
  app.add_option("--values", arguments.values_file, "a file whose stanzas, separated by blank lines, are the values")
      ->excludes(size);
  app.add_option("--rate", run.rate, "requests a second on a schedule; latencies count from when they were due")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", arguments.seed, "of all chance")->capture_default_str();
  app.add_flag("--verify", run.verify, "GET must give what SET of the same key and the same options writes");
  app.add_flag("--json", arguments.json, "tell the result as JSON");
  app.add_flag("--progress", run.progress, "tell the progress if stderr is a terminal");
}

// Ends the process where the arguments ask for help (0) or are wrong (2).
Arguments parse(int count, char** values) {
  Arguments arguments;
  CLI::App app(
      "Loads a Redis-compatible server and times it. Exit status 0: every reply was as it should be; 1: errors, wrong "
      "values or a lost connection (all are told); 2: bad arguments. Ctrl-C ends a run early, with its result.",
      "terrace-load");
  describe(app, arguments);
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  RunOptions& run = arguments.run;
  if (run.requests == 0 && run.seconds == 0) run.requests = arguments.sequential ? arguments.keys : 100'000;
  if (arguments.mix.empty()) arguments.mix = arguments.sequential ? "set" : "get";
  run.progress = run.progress && ::isatty(STDERR_FILENO) != 0;
  return arguments;
}

int complain(const Error& error) {
  std::fprintf(stderr, "terrace-load: %s\n", error.message.c_str());
  return error.code == ErrorCode::kInvalid ? 2 : 1;
}

// SIGINT and SIGTERM end the run as its time would, with a result; a second one ends the process.
void end_by_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { Run::end_early(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int run(const Arguments& arguments) {
  Result<std::vector<Workload::Part>> parts = Workload::parse_mix(arguments.mix);
  if (!parts) return complain(parts.error());
  Result<KeyNames> names = KeyNames::create(arguments.key_format, arguments.keys, arguments.key_size);
  if (!names) return complain(names.error());
  Result<ValueSource> values = arguments.values_file.empty() ? ValueSource::of_size(arguments.value_size)
                                                             : ValueSource::from_file(arguments.values_file);
  if (!values) return complain(values.error());
  const Distribution distribution = arguments.sequential               ? Distribution::kSequential
                                    : arguments.distribution == "zipf" ? Distribution::kZipf
                                                                       : Distribution::kUniform;
  Workload workload(std::move(*parts), std::move(*names), std::move(*values), KeyChooser(distribution, arguments.keys),
                    arguments.seed);
  // The default slack of 50 us would be added to every latency of a schedule.
  if (::prctl(PR_SET_TIMERSLACK, 1) != 0) std::perror("terrace-load: timer slack");
  Result<std::unique_ptr<io::Reactor>> reactor = io::Reactor::create();
  if (!reactor) return complain(reactor.error());
  Run run(**reactor, workload, arguments.run);
  end_by_signals();
  Result<Report> report = run.go();
  if (!report) return complain(report.error());
  std::fputs((arguments.json ? report->as_json() : report->in_words()).c_str(), stdout);
  return report->passed() ? 0 : 1;
}

}  // namespace
}  // namespace terrace::load

int main(int count, char** values) {
  return terrace::load::run(terrace::load::parse(count, values));
}
