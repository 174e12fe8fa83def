// Config: the values of all directives: from the defaults, the file and the command line, and as CONFIG SET changes
// them while the server runs.
// Ownership: owns Settings, which everybody else reads. Thread: the reactor's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/result.h"
#include "src/config/directive.h"
#include "src/config/settings.h"

namespace terrace {

// Hears of changes at run time and may refuse them: then all of them are taken back.
class SettingsObserver {
 public:
  struct Refusal {
    std::string directive;
    std::string message;
  };
  // `settings` stand already; `before` is what they were.
  virtual std::optional<Refusal> settings_changed(const Settings& before, const Settings& settings) = 0;

 protected:
  ~SettingsObserver() = default;
};

class Config {
 public:
  Config();

  const Settings& settings() const { return settings_; }
  const std::string& value(const Directive& directive) const;
  void observe(SettingsObserver* observer) { observer_ = observer; }

  // Takes the text of a configuration file (with what the command line added). An error holds the lines that a user is
  // to read on stderr, from "*** FATAL CONFIG FILE ERROR" on.
  Result<void> load(const std::string& text, const std::string& path);
  // The operating system allows fewer.
  void override_max_clients(std::int64_t max_clients);

  // Directives that were set and have no effect, each with its reason, since the last call.
  std::vector<std::string> take_notices();

  // All or nothing. An error is the whole reply, "ERR ...".
  Result<void> set(std::span<const std::pair<std::string, std::string>> changes);
  // Names (aliases as well) and values whose names match one of the patterns, by name.
  std::map<std::string, std::string> get(std::span<const std::string_view> patterns) const;
  // Writes the values back into the configuration file, keeping comments and order.
  Result<void> rewrite();
  const std::string& path() const { return path_; }

 private:
  using Values = std::vector<std::string>;  // by the directive's index in directives()

  Result<void> load_line(const std::string& line, unsigned depth);
  Result<void> load_words(std::vector<std::string> words, unsigned depth);
  Result<void> include(const std::string& pattern, unsigned depth);
  Result<void> load_text(const std::string& text, unsigned depth);
  Result<void> change(const Directive& directive, std::span<const std::string> words);
  Result<void> check_changes(std::span<const std::pair<std::string, std::string>> changes) const;
  void note(const Directive& directive, const std::string& word);
  std::string& slot(const Directive& directive);

  Values values_;
  Settings settings_;
  SettingsObserver* observer_ = nullptr;
  std::string path_;
  bool save_points_given_ = false;  // the file's first `save` replaces the defaults, further ones add
  std::set<std::string_view> noted_;
  std::vector<std::string> notices_;
};

// The configuration text that command line arguments stand for: "--port 7000 --save ''" is `port "7000"` and `save ""`
// on lines of their own.
std::string text_of_options(std::span<const std::string> arguments);

// The text of a configuration file with `config`'s values: lines of known directives carry them, comments and order
// stay, what differs from its default and has no line yet comes at the end.
std::string rewrite_text(const std::string& text, const Config& config);

}  // namespace terrace
