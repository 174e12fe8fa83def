// redis.conf and CONFIG: whatever the file or a client says, values stay such that CONFIG SET takes back what CONFIG
// GET gives (or refuses it and changes nothing), and a rewritten file gives the same values again.
#include "src/config/config.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "src/text/split_arguments.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

namespace {

using Values = std::vector<std::string>;  // in the order of directives()

Values values_of(const Config& config) {
  Values values;
  for (const Directive& directive : directives()) values.push_back(config.value(directive));
  return values;
}

std::string difference(const Values& before, const Values& after) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) {
      return std::string(directives()[i].name) + ": '" + before[i] + "' became '" + after[i] + "'";
    }
  }
  return "";
}

// Lines that reach out of this process are left out: other files, and the working directory, which the fuzzer needs.
std::string harmless(const std::string& text) {
  std::istringstream stream(text);
  std::string kept;
  for (std::string line; std::getline(stream, line);) {
    auto words = split_arguments(line);
    std::string name = words && !words->empty() ? words->front() : "";
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name != "include" && name != "dir") kept += line + '\n';
  }
  return kept;
}

void check_settable(Config& config) {
  const Values before = values_of(config);
  for (const Directive& directive : directives()) {
    if (directive.name == "dir") continue;
    const std::string value = config.value(directive);
    const std::pair<std::string, std::string> change[] = {{std::string(directive.name), value}};
    const Result<void> set = config.set(change);
    const bool immutable = (directive.flags & (Directive::kImmutable | Directive::kProtected)) != 0;
    FUZZ_REQUIRE(set.ok() || immutable, value + "': " + (set.ok() ? "" : set.error().message));
  }
  const std::string changed = difference(before, values_of(config));
  FUZZ_REQUIRE(changed.empty(), "by CONFIG SET to what CONFIG GET gave, " + changed);
}

void check_rewrite(const std::string& text, const Config& config) {
  const std::string rewritten = rewrite_text(text, config);
  Config again;
  const Result<void> loaded = again.load(rewritten, "");
  FUZZ_REQUIRE(loaded.ok(), (loaded.ok() ? "" : loaded.error().message) + "\nof:\n" + rewritten);
  const std::string changed = difference(values_of(config), values_of(again));
  FUZZ_REQUIRE(changed.empty(), "by CONFIG REWRITE " + changed + "\nin:\n" + rewritten);
}

void set_some(FuzzedDataProvider& input, Config& config) {
  const Values before = values_of(config);
  std::vector<std::pair<std::string, std::string>> changes;
  const unsigned count = input.ConsumeIntegralInRange<unsigned>(1, 3);
  for (unsigned i = 0; i < count; ++i) {
    const Directive& directive = directives()[input.ConsumeIntegralInRange<std::size_t>(0, directives().size() - 1)];
    if (directive.name == "dir") continue;
    changes.emplace_back(directive.name, input.ConsumeRandomLengthString(64));
  }
  const Result<void> set = config.set(changes);
  if (set.ok()) return;
  const std::string changed = difference(before, values_of(config));
  FUZZ_REQUIRE(changed.empty(), "refused, and yet " + changed);
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const unsigned sets = input.ConsumeIntegralInRange<unsigned>(0, 3);
  std::string text = input.ConsumeRandomLengthString();
  if (input.ConsumeBool()) {
    std::vector<std::string> arguments;
    while (input.remaining_bytes() > 0 && arguments.size() < 8) arguments.push_back(input.ConsumeRandomLengthString());
    text += '\n' + text_of_options(arguments);
  }
  text = harmless(text);
  Config config;
  const Result<void> loaded = config.load(text, "");
  static_cast<void>(config.take_notices());
  for (unsigned i = 0; i < sets; ++i) set_some(input, config);
  check_settable(config);
  if (loaded.ok()) check_rewrite(text, config);
}

std::vector<std::string> seeds() {
  return {};
}

std::vector<std::string> words() {
  std::set<std::string> words = {"yes", "no", "1gb", "1024kb", "\"\"", "50%", "--save", "900 1", "normal 0 0 0", "#"};
  for (const Directive& directive : directives()) {
    words.insert(std::string(directive.name) + " ");
    if (!directive.alias.empty()) words.insert(std::string(directive.alias) + " ");
    std::istringstream choices{std::string(directive.choices)};
    for (std::string choice; choices >> choice;) words.insert(choice);
  }
  return {words.begin(), words.end()};
}

}  // namespace terrace::fuzz
