#include "src/config/config.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <fstream>
#include <sstream>

#include "src/runtime/version.h"
#include "src/text/c_string.h"
#include "src/text/pattern.h"
#include "src/text/split_arguments.h"

namespace terrace {
namespace {

constexpr unsigned kMaxIncludes = 16;
constexpr std::string_view kBadDirective = "Bad directive or wrong number of arguments";

std::string trim(const std::string& line) {
  std::size_t begin = line.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file) {
    return Error{ErrorCode::kNotFound, "Fatal error, can't open config file '" + path + "': " + std::strerror(errno)};
  }
  text << file.rdbuf();
  return text.str();
}

std::string set_failure(std::string_view name, const std::string& message) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " + message;
}

}  // namespace

Config::Config() {
  for (const Directive& directive : directives()) {
    values_.emplace_back(directive.default_value);
    assign_value(directive, values_.back(), settings_);
  }
  defaults_ = values_;
}

void Config::set_default(std::string_view name, std::int64_t value) {
  const Directive& directive = *find_directive(name);
  slot(directive) = std::to_string(value);
  defaults_[static_cast<std::size_t>(&directive - directives().data())] = slot(directive);
  assign_value(directive, slot(directive), settings_);
}

std::string& Config::slot(const Directive& directive) {
  return values_[static_cast<std::size_t>(&directive - directives().data())];
}

const std::string& Config::value(const Directive& directive) const {
  return values_[static_cast<std::size_t>(&directive - directives().data())];
}

bool Config::is_default(const Directive& directive) const {
  return value(directive) == defaults_[static_cast<std::size_t>(&directive - directives().data())];
}

Result<void> Config::load(const std::string& text, const std::string& path) {
  path_ = path;
  return load_text(text, 0);
}

Result<void> Config::load_text(const std::string& text, unsigned depth) {
  std::istringstream stream(text);
  unsigned number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line = trim(line);
    if (line.empty() || line[0] == '#') continue;
    place_ = "\n*** FATAL CONFIG FILE ERROR (Redis " + std::string(kRedisVersion) +
             ") ***\nReading the configuration file, at line " + std::to_string(number) + "\n>>> '" + line + "'\n";
    Result<void> loaded = load_line(line, depth);
    if (loaded.ok()) continue;
    // An error in an included file, or of a file that cannot be read, has its place in the message already.
    if (loaded.error().code != ErrorCode::kInvalid) return loaded;
    return Error{ErrorCode::kCorrupt, place_ + loaded.error().message};
  }
  return {};
}

Result<void> Config::load_line(const std::string& line, unsigned depth) {
  auto words = split_arguments(line);
  if (!words) return invalid_value("Unbalanced quotes in configuration line");
  if (words->empty()) return {};
  return load_words(std::move(*words), depth);
}

Result<void> Config::load_words(std::vector<std::string> words, unsigned depth) {
  std::string name = lower(words[0]);
  std::span<const std::string> rest = std::span<const std::string>(words).subspan(1);
  if (name == "include" && rest.size() == 1) return include(rest[0], depth);
  if (name == "rename-command" && rest.size() == 2) {
    settings_.command_renames.push_back({rest[0], rest[1], place_});
    return {};
  }
  if (name == "user" && !rest.empty()) return load_user(rest);
  if (name == "loadmodule" && !rest.empty()) {
    notices_.push_back("The line 'loadmodule " + rest[0] +
                       "' has no effect: there are no modules, its commands are unknown.");
    return {};
  }
  const Directive* directive = find_directive(name);
  if (directive == nullptr) return invalid_value(std::string(kBadDirective));
  // As in Redis, a directive that takes several words may have none: `save` and `bind` alone.
  if (rest.size() != 1 && !(directive->flags & Directive::kManyWords)) {
    return invalid_value("wrong number of arguments");
  }
  std::string before = slot(*directive);
  if (name == "save") {
    if (!save_points_given_ || (rest.size() == 1 && rest[0].empty())) before.clear();
    save_points_given_ = true;
  }
  Result<void> changed = change(*directive, rest);
  if (!changed.ok()) return changed;
  if (name == "save" && !before.empty()) {
    std::string& value = slot(*directive);
    value = value.empty() ? "" : before + " " + value;
    assign_value(*directive, value, settings_);
  }
  note(*directive, rest.empty() ? "" : rest[0]);
  return {};
}

// The rules are checked when the commands are known.
Result<void> Config::load_user(std::span<const std::string> words) {
  const auto same = [&](const UserLine& line) { return line.name == words[0]; };
  if (std::ranges::any_of(settings_.users, same)) {
    return invalid_value("Error in user declaration '" + words[0] +
                         "': Duplicate user found. A user can only be defined once in config files");
  }
  settings_.users.push_back({words[0], {words.begin() + 1, words.end()}, place_});
  return {};
}

Result<void> Config::include(const std::string& pattern, unsigned depth) {
  if (depth >= kMaxIncludes) return invalid_value("too many nested includes");
  glob_t found;
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (paths.empty() && pattern.find_first_of("*?[") == std::string::npos) paths.push_back(pattern);
  for (const std::string& path : paths) {
    auto text = read_file(path);
    if (!text.ok()) return text.error();
    Result<void> loaded = load_text(*text, depth + 1);
    if (!loaded.ok()) return loaded;
  }
  return {};
}

Result<void> Config::change(const Directive& directive, std::span<const std::string> words) {
  auto value = parse_value(directive, words, slot(directive));
  if (!value.ok()) return value.error();
  if (directive.name == "appendonly") *value = "yes";
  slot(directive) = *value;
  assign_value(directive, *value, settings_);
  return {};
}

void Config::note(const Directive& directive, const std::string& word) {
  // These values name what the server does in any case.
  bool honoured = (directive.name == "appendonly" && lower(word) == "yes") ||
                  (directive.name == "save" && word.empty()) ||
                  (directive.name == "replicaof" && settings_.replica_of.empty());
  if (directive.reason.empty() || honoured) return;
  if (!noted_.insert(directive.name).second) return;
  notices_.push_back("The directive '" + std::string(directive.name) +
                     "' is accepted and has no effect: " + std::string(directive.reason) + ".");
}

void Config::override_max_clients(std::int64_t max_clients) {
  const Directive& directive = *find_directive("maxclients");
  slot(directive) = std::to_string(max_clients);
  assign_value(directive, slot(directive), settings_);
}

std::vector<std::string> Config::take_notices() {
  return std::exchange(notices_, {});
}

Result<void> Config::check_changes(std::span<const std::pair<std::string, std::string>> changes) const {
  std::set<std::string_view> seen;
  for (const auto& [name, value] : changes) {
    const Directive* directive = find_directive(name);
    if (directive == nullptr) {
      return invalid_value("ERR Unknown option or number of arguments for CONFIG SET - '" +
                           std::string(until_nul(name)) + "'");
    }
    if (directive->flags & Directive::kImmutable) return invalid_value(set_failure(name, "can't set immutable config"));
    if ((directive->flags & Directive::kProtected) && settings_.protected_configs == Permission::kNo) {
      return invalid_value(set_failure(name, "can't set protected config"));
    }
    if (!seen.insert(directive->name).second) return invalid_value(set_failure(name, "duplicate parameter"));
  }
  return {};
}

Result<void> Config::set(std::span<const std::pair<std::string, std::string>> changes) {
  Result<void> checked = check_changes(changes);
  if (!checked.ok()) return checked;
  Values values_before = values_;
  Settings settings_before = settings_;
  auto take_back = [&](std::string_view name, const std::string& message) {
    values_ = std::move(values_before);
    settings_ = std::move(settings_before);
    return invalid_value(set_failure(name, message));
  };
  for (const auto& [name, value] : changes) {
    Result<void> changed = change(*find_directive(name), std::span(&value, 1));
    if (!changed.ok()) return take_back(name, changed.error().message);
  }
  if (observer_) {
    if (auto refusal = observer_->settings_changed(settings_before, settings_)) {
      Settings refused = settings_;
      Error error = take_back(refusal->directive, refusal->message);
      static_cast<void>(observer_->settings_changed(refused, settings_));
      return error;
    }
  }
  for (const auto& [name, value] : changes) note(*find_directive(name), value);
  return {};
}

std::map<std::string, std::string> Config::get(std::span<const std::string_view> patterns) const {
  std::vector<types::Pattern> wanted;
  for (std::string_view pattern : patterns) wanted.emplace_back(pattern, types::Letters::kAnyCase);
  std::map<std::string, std::string> found;
  for (const Directive& directive : directives()) {
    for (std::string_view name : {directive.name, directive.alias}) {
      const auto matches = [&name](const types::Pattern& pattern) { return pattern.matches(name); };
      if (!name.empty() && std::ranges::any_of(wanted, matches)) found[std::string(name)] = value(directive);
    }
  }
  return found;
}

}  // namespace terrace
