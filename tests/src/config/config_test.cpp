#include "src/config/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace terrace {
namespace {

using Changes = std::vector<std::pair<std::string, std::string>>;

std::string value_of(const Config& config, std::string_view name) {
  return config.value(*find_directive(name));
}

std::string load_error(const std::string& text) {
  Config config;
  Result<void> loaded = config.load(text, "");
  return loaded.ok() ? "" : loaded.error().message;
}

std::string set_error(Config& config, const Changes& changes) {
  Result<void> changed = config.set(changes);
  return changed.ok() ? "" : changed.error().message;
}

TEST(Config, RowsAreInOrderAndTheirDefaultsValid) {
  std::string_view before;
  for (const Directive& directive : directives()) {
    EXPECT_LT(before, directive.name);
    before = directive.name;
    if (directive.name == "dir") continue;
    std::string text(directive.default_value);
    auto value = parse_value(directive, std::span(&text, 1), text);
    ASSERT_TRUE(value.ok()) << directive.name << ": " << value.error().message;
    EXPECT_EQ(*value, text) << directive.name;
  }
}

TEST(Config, LoadsLinesWithQuotesUnitsAndComments) {
  Config config;
  ASSERT_TRUE(config
                  .load("# a comment\n\nport 7000\nmaxmemory 100mb\n  requirepass \"a \\\"b\\\"\"\n"
                        "bind 127.0.0.1 -::1\nSLOWLOG-MAX-LEN 5\nhash-max-ziplist-entries 7\n"
                        "client-output-buffer-limit normal 1mb 2mb 30\n",
                        "")
                  .ok());
  const Settings& settings = config.settings();
  EXPECT_EQ(settings.port, 7000);
  EXPECT_EQ(settings.max_memory_bytes, 100 << 20);
  EXPECT_EQ(settings.password, "a \"b\"");
  EXPECT_EQ(settings.bind, (std::vector<std::string>{"127.0.0.1", "-::1"}));
  EXPECT_EQ(settings.slowlog_max_entries, 5);
  EXPECT_EQ(value_of(config, "hash-max-listpack-entries"), "7");
  EXPECT_EQ(settings.output_limits[0].hard_bytes, 1u << 20);
  EXPECT_EQ(settings.output_limits[1].hard_bytes, 256u << 20);
}

TEST(Config, ChoicesAreEnumerators) {
  Config config;
  const auto set = [&](const char* name, const char* value) { EXPECT_EQ(set_error(config, {{name, value}}), ""); };
  const Settings& settings = config.settings();
  using storage::FsyncPolicy, storage::LogLevel;
  EXPECT_EQ(settings.append_fsync, FsyncPolicy::kAlways);
  set("appendfsync", "everysec");
  EXPECT_EQ(settings.append_fsync, FsyncPolicy::kEverySecond);
  set("appendfsync", "NO");
  EXPECT_EQ(settings.append_fsync, FsyncPolicy::kNever);
  EXPECT_EQ(value_of(config, "appendfsync"), "no");
  set("loglevel", "verbose");
  EXPECT_EQ(settings.log_level, LogLevel::kVerbose);
  set("loglevel", "warning");
  EXPECT_EQ(settings.log_level, LogLevel::kWarning);
  EXPECT_EQ(settings.max_memory_policy, EvictionPolicy::kNoEviction);
  set("maxmemory-policy", "volatile-ttl");
  EXPECT_EQ(settings.max_memory_policy, EvictionPolicy::kVolatileTtl);
  set("maxmemory-policy", "allkeys-lfu");
  EXPECT_EQ(settings.max_memory_policy, EvictionPolicy::kAllKeysLfu);
  ASSERT_TRUE(config.load("supervised systemd\nenable-debug-command local\nenable-protected-configs yes\n", "").ok());
  EXPECT_EQ(settings.supervised, Supervision::kSystemd);
  EXPECT_EQ(settings.debug_command, Permission::kLocal);
  EXPECT_EQ(settings.protected_configs, Permission::kYes);
}

TEST(Config, EveryChoiceOfAnEnumCanBeSet) {
  for (const Directive& directive : directives()) {
    if (directive.choose == nullptr) continue;
    SCOPED_TRACE(std::string(directive.name));
    EXPECT_EQ(directive.kind, Directive::Kind::kEnum);
    std::istringstream choices{std::string(directive.choices)};
    for (std::string choice; choices >> choice;) {
      Config config;
      EXPECT_TRUE(config.load(std::string(directive.name) + " " + choice, "").ok());
      EXPECT_EQ(value_of(config, directive.name), choice);
    }
  }
}

TEST(EvictionPolicy, Kinds) {
  EXPECT_TRUE(is_volatile(EvictionPolicy::kVolatileLru) && is_volatile(EvictionPolicy::kVolatileTtl));
  EXPECT_FALSE(is_volatile(EvictionPolicy::kAllKeysLru) || is_volatile(EvictionPolicy::kNoEviction));
  EXPECT_TRUE(is_lru(EvictionPolicy::kAllKeysLru) && is_lfu(EvictionPolicy::kVolatileLfu));
  EXPECT_FALSE(is_lru(EvictionPolicy::kAllKeysLfu) || is_lfu(EvictionPolicy::kNoEviction));
}

TEST(Config, FileErrorsNameLineAndText) {
  EXPECT_EQ(load_error("port 7000\nfoo bar\n"),
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.4.7) ***\nReading the configuration file, at line 2\n"
            ">>> 'foo bar'\nBad directive or wrong number of arguments");
  EXPECT_NE(load_error("port 1 2").find("wrong number of arguments"), std::string::npos);
  EXPECT_NE(load_error("port abc").find("argument couldn't be parsed into an integer"), std::string::npos);
  EXPECT_NE(load_error("bind \"127.0.0.1").find("Unbalanced quotes in configuration line"), std::string::npos);
  EXPECT_NE(load_error("maxmemory 1xx").find("argument must be a memory value"), std::string::npos);
  EXPECT_NE(load_error("appendfsync maybe").find("argument(s) must be one of the following: everysec, always, no"),
            std::string::npos);
  EXPECT_NE(load_error("include /nonexistent/x.conf").find("can't open config file"), std::string::npos);
}

TEST(Config, CommandLineBecomesLines) {
  std::vector<std::string> arguments = {"--port", "7000", "--save", "", "--bind", "127.0.0.1", "::1", "--save"};
  EXPECT_EQ(text_of_options(arguments), "port \"7000\" \nsave \"\" \nbind \"127.0.0.1\" \"::1\" \nsave \"\" ");
}

TEST(Config, SaveLinesAddUpAndReplaceTheDefaults) {
  Config config;
  ASSERT_TRUE(config.load("save 900 1\nsave 300 10\n", "").ok());
  EXPECT_EQ(value_of(config, "save"), "900 1 300 10");
  Config none;
  ASSERT_TRUE(none.load("save 900 1\nsave \"\"\n", "").ok());
  EXPECT_EQ(value_of(none, "save"), "");
}

TEST(Config, DirectivesOfSeveralWordsMayHaveNone) {
  Config config;
  ASSERT_TRUE(config.load("save\nbind\nclient-output-buffer-limit\nlatency-tracking-info-percentiles\n", "").ok());
  EXPECT_EQ(value_of(config, "save"), "");
  EXPECT_TRUE(config.settings().bind.empty());
  EXPECT_EQ(value_of(config, "client-output-buffer-limit"), value_of(Config(), "client-output-buffer-limit"));
  for (const char* line : {"port", "maxmemory", "oom-score-adj-values", "replicaof"}) {
    EXPECT_FALSE(Config().load(line, "").ok()) << line;
  }
}

TEST(Config, SetIsAllOrNothing) {
  Config config;
  std::string error = set_error(config, {{"maxmemory", "1gb"}, {"maxmemory-policy", "nonsense"}});
  EXPECT_TRUE(
      error.starts_with("ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - argument(s)"));
  EXPECT_EQ(config.settings().max_memory_bytes, 0);
  EXPECT_EQ(value_of(config, "maxmemory"), "0");
  EXPECT_EQ(set_error(config, {{"maxmemory", "1gb"}, {"maxmemory-policy", "allkeys-lru"}}), "");
  EXPECT_EQ(config.settings().max_memory_bytes, 1 << 30);
}

TEST(Config, SetRefusesInRedisWords) {
  Config config;
  EXPECT_EQ(set_error(config, {{"nonsense", "1"}}),
            "ERR Unknown option or number of arguments for CONFIG SET - 'nonsense'");
  EXPECT_EQ(set_error(config, {{"databases", "3"}}),
            "ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
  EXPECT_EQ(set_error(config, {{"dir", "/tmp"}}),
            "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config");
  EXPECT_EQ(set_error(config, {{"port", "1"}, {"port", "2"}}),
            "ERR CONFIG SET failed (possibly related to argument 'port') - duplicate parameter");
  EXPECT_EQ(
      set_error(config, {{"port", "70000"}}),
      "ERR CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 and 65535 inclusive");
  const auto refused = [&config](const char* name, const char* value) {
    const std::string error = set_error(config, {{name, value}});
    return error.substr(std::min(error.find(" - "), error.size()));
  };
  EXPECT_EQ(refused("maxmemory-clients", "101%"), " - percentage argument must be less or equal to 100");
  for (const char* name : {"proto-max-bulk-len", "client-query-buffer-limit"}) {
    EXPECT_EQ(refused(name, "1023kb"), " - argument must be between 1048576 and 9223372036854775807 inclusive");
    EXPECT_EQ(refused(name, "01mb"), "");
  }
  EXPECT_EQ(refused("active-defrag-ignore-bytes", "000"),
            " - argument must be between 1 and 9223372036854775807 inclusive");
  for (const char* value : {"", "{title", "{titel}"}) {
    EXPECT_EQ(refused("proc-title-template", value), " - template format is invalid or contains unknown variables");
  }
  EXPECT_EQ(refused("proc-title-template", "{title} of {port}"), "");
  EXPECT_EQ(refused("cluster-announce-hostname", "a_b"),
            " - Hostnames may only contain alphanumeric characters, hyphens or dots");
  EXPECT_EQ(refused("activedefrag", "yes").substr(0, 47), " - Active defragmentation cannot be enabled: it");
}

class Refuser final : public SettingsObserver {
 public:
  std::optional<Refusal> settings_changed(const Settings&, const Settings& settings) override {
    seen.push_back(settings.port);
    if (settings.port == 1) return Refusal{"port", "not this one"};
    return std::nullopt;
  }
  std::vector<std::int64_t> seen;
};

TEST(Config, AnObserversRefusalTakesAllBack) {
  Config config;
  Refuser refuser;
  config.observe(&refuser);
  EXPECT_EQ(set_error(config, {{"maxclients", "77"}, {"port", "1"}}),
            "ERR CONFIG SET failed (possibly related to argument 'port') - not this one");
  EXPECT_EQ(config.settings().port, 6379);
  EXPECT_EQ(config.settings().max_clients, 10000);
  EXPECT_EQ(refuser.seen, (std::vector<std::int64_t>{1, 6379}));
}

// What CONFIG GET * tells can be given back unchanged, or is refused for what it is.
TEST(Config, EveryValueCanBeSetAgain) {
  Config config;
  std::string_view all[] = {"*"};
  for (const auto& [name, value] : config.get(all)) {
    std::string error = set_error(config, {{name, value}});
    bool refused = error.ends_with("can't set immutable config") || error.ends_with("can't set protected config");
    EXPECT_TRUE(error.empty() || refused) << name << ": " << error;
    EXPECT_EQ(value_of(config, name), value) << name;
  }
}

TEST(Config, GetMatchesPatternsAndAliases) {
  Config config;
  std::string_view patterns[] = {"maxmem*-policy", "SLAVEOF"};
  auto found = config.get(patterns);
  EXPECT_EQ(found.size(), 2u);
  EXPECT_EQ(found["maxmemory-policy"], "noeviction");
  EXPECT_TRUE(found.contains("slaveof"));
}

TEST(Config, NoticesWhatHasNoEffectOnce) {
  Config config;
  ASSERT_TRUE(config.load("repl-timeout 5\nrepl-timeout 6\nappendonly no\nport 1\n", "").ok());
  EXPECT_EQ(config.take_notices().size(), 2u);
  EXPECT_EQ(value_of(config, "appendonly"), "yes");
}

TEST(Config, RewriteKeepsCommentsAndOrder) {
  Config config;
  std::string text = "# first\nport 7000\n\n# second\nmaxmemory 1000\nport 7001\nsave 1 2\nsave 3 4\n";
  ASSERT_TRUE(config.load(text, "").ok());
  ASSERT_EQ(set_error(config, {{"maxmemory", "2mb"}, {"requirepass", "a b"}, {"loglevel", "debug"}}), "");
  std::string rewritten = rewrite_text(text, config);
  EXPECT_EQ(rewritten,
            "# first\nport 7001\n\n# second\nmaxmemory 2mb\nsave 1 2\nsave 3 4\n# Generated by CONFIG REWRITE\n"
            "loglevel debug\nrequirepass \"a b\"\n");
  Config again;
  ASSERT_TRUE(again.load(rewritten, "").ok());
  EXPECT_EQ(again.settings().password, "a b");
  EXPECT_EQ(rewrite_text(rewritten, again), rewritten);
}

// What was not taken for the directive that it is would stay beside the line that replaces it.
TEST(Config, RewriteFindsDirectivesInAnyCaseAndByTheirAliases) {
  Config config;
  const std::string text = "SAVE 900 1\nsavE 300 10\nMaxMemory 1000\nHash-Max-Ziplist-Entries 5\n";
  ASSERT_TRUE(config.load(text, "").ok());
  ASSERT_EQ(set_error(config, {{"MAXMEMORY", "2mb"}}), "");
  EXPECT_EQ(rewrite_text(text, config), "save 900 1\nsave 300 10\nmaxmemory 2mb\nhash-max-ziplist-entries 5\n");
}

TEST(Config, RewriteReplacesTheFile) {
  std::string directory = std::filesystem::temp_directory_path() / ("terrace-config-" + std::to_string(getpid()));
  std::filesystem::create_directory(directory);
  std::string path = directory + "/a.conf";
  std::ofstream(path) << "port 7000\n";
  Config config;
  ASSERT_TRUE(config.load("port 7000\n", path).ok());
  ASSERT_EQ(set_error(config, {{"port", "7005"}}), "");
  ASSERT_TRUE(config.rewrite().ok());
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "port 7005\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace terrace
