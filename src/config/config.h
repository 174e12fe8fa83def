// Config: the values of all directives: the defaults, changed by the file, the command line and CONFIG SET.
// Ownership: owns Settings, which the other parts read. Thread: the reactor's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/result.h"
#include "src/config/directive.h"
#include "src/config/settings.h"

namespace terrace {

// Is told of changes at run time and may refuse them. If it does, all changes are undone.
class SettingsObserver {
 public:
  struct Refusal {
    std::string directive;
    std::string message;
  };
  // `settings` are the changed ones, `before` those until now.
  virtual std::optional<Refusal> settings_changed(const Settings& before, const Settings& settings) = 0;

 protected:
  ~SettingsObserver() = default;
};

class Config {
 public:
  Config();

  const Settings& settings() const { return settings_; }
  // Limits that no directive sets, a test may change (DEBUG QUICKLIST-PACKED-THRESHOLD).
  types::CollectionLimits& collection_limits() { return settings_; }
  const std::string& value(const Directive& directive) const;
  bool is_default(const Directive& directive) const;
  void observe(SettingsObserver* observer) { observer_ = observer; }

  // Takes the text of a configuration file and of the command line. The message of an error is the text for stderr,
  // from "*** FATAL CONFIG FILE ERROR" on.
  Result<void> load(const std::string& text, const std::string& path);
  // A default that depends on the machine, set before load(). Like other defaults it is not written by rewrite().
  void set_default(std::string_view name, std::int64_t value);
  // The operating system allows fewer clients than configured.
  void override_max_clients(std::int64_t max_clients);

  // A notice, with the reason, for each directive without effect that was set since the last call.
  std::vector<std::string> take_notices();

  // Makes all changes or none. The message of an error is the reply, "ERR ...".
  Result<void> set(std::span<const std::pair<std::string, std::string>> changes);
  // The values of the directives whose name or alias matches one of the patterns.
  std::map<std::string, std::string> get(std::span<const std::string_view> patterns) const;
  // Writes the values and the lines of ACL users into the configuration file; its comments and order stay.
  Result<void> rewrite(std::span<const std::string> users = {});
  const std::string& path() const { return path_; }

 private:
  using Values = std::vector<std::string>;  // by the directive's index in directives()

  Result<void> load_line(const std::string& line, unsigned depth);
  Result<void> load_words(std::vector<std::string> words, unsigned depth);
  Result<void> load_user(std::span<const std::string> words);
  Result<void> include(const std::string& pattern, unsigned depth);
  Result<void> load_text(const std::string& text, unsigned depth);
  Result<void> change(const Directive& directive, std::span<const std::string> words);
  Result<void> check_changes(std::span<const std::pair<std::string, std::string>> changes) const;
  void note(const Directive& directive, const std::string& word);
  std::string& slot(const Directive& directive);

  Values values_;
  Values defaults_;
  Settings settings_;
  SettingsObserver* observer_ = nullptr;
  std::string path_;
  bool save_points_given_ = false;  // the first `save` of the file replaces the defaults, further ones add to it
  std::string place_;               // of the line that is read, as the beginning of an error
  std::set<std::string_view> noted_;
  std::vector<std::string> notices_;
};

// The configuration text for command line arguments: "--port 7000 --save ''" gives the lines `port "7000"` and `save
// ""`.
std::string text_of_options(std::span<const std::string> arguments);

// The text of a configuration file with the values of `config`: lines of known directives get the new values, comments
// and order stay, and values that differ from their defaults and have no line are added at the end, as are `users`, in
// place of the lines that the text has for users.
std::string rewrite_text(const std::string& text, const Config& config, std::span<const std::string> users = {});

}  // namespace terrace
