// The rules of users: what ACL LIST writes of a user reads as the same user, for every command with every argument that is
// tried; a rule that is refused changes nothing.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>

#include "src/acl/user_rules.h"
#include "src/commands/command_families.h"
#include "src/text/split_arguments.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {
namespace {

const CommandTable& table() {
  static const CommandTable* const made = [] {
    auto* all = new CommandTable;
    CommandFamilies::add_rows_to(*all);
    return all;
  }();
  return *made;
}

// What the rules say of some commands, in one text.
std::string decisions(const acl::UserRules& rules, const std::vector<std::vector<std::string>>& commands) {
  std::string text;
  for (const auto& command : commands) {
    const std::vector<std::string_view> arguments(command.begin(), command.end());
    const CommandEntry* const entry = table().find(arguments);
    if (entry == nullptr) continue;
    const auto verdict = rules.check(*entry, arguments);
    text += std::to_string(static_cast<int>(verdict.denial)) + " " + std::to_string(verdict.argument) + " ";
    text += rules.may_read_all_keys(*entry, arguments) ? 'r' : '-';
    for (const std::string& argument : command) {
      text += rules.allows_channel(argument, User::ChannelName::kLiteral) ? 'c' : '-';
      text += rules.allows_channel(argument, User::ChannelName::kPattern) ? 'p' : '-';
    }
  }
  return text;
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool all_channels = input.ConsumeBool();
  std::vector<std::vector<std::string>> commands = {
      {"get", "a"}, {"set", "b", "1"}, {"sort", "a", "BY", "b*"}, {"publish", "a", "m"}};
  for (unsigned i = input.ConsumeIntegralInRange<unsigned>(0, 3); i > 0; --i) {
    auto command = split_arguments(input.ConsumeRandomLengthString(64));
    if (command && !command->empty()) commands.push_back(std::move(*command));
  }
  const auto words = split_arguments(input.ConsumeRemainingBytesAsString());
  if (!words) return;
  const auto merged = acl::merge_selectors(*words);
  if (!merged.ok()) return;
  acl::UserRules rules(table(), all_channels);
  for (const std::string& rule : *merged) {
    const acl::UserRules before = rules;
    if (rules.apply(rule).ok()) continue;
    FUZZ_REQUIRE(rules.text() == before.text(),
                 "the refused rule " + rule + " changed " + before.text() + " to " + rules.text());
  }
  const std::string text = rules.text();
  // Parentheses in a pattern close a selector elsewhere when it is read again, as in Redis.
  const auto selectors = static_cast<std::ptrdiff_t>(rules.selectors().size()) - 1;
  if (std::ranges::count(text, '(') != selectors || std::ranges::count(text, ')') != selectors) return;
  const auto written = split_arguments(text);
  if (!written) return;  // a pattern with a quote: the file of users cannot hold it, nor can that of Redis
  const auto again = acl::merge_selectors(*written);
  FUZZ_REQUIRE(again.ok(), text);
  acl::UserRules read(table(), all_channels);
  for (const std::string& rule : *again) {
    const Result<void> applied = read.apply(rule);
    FUZZ_REQUIRE(applied.ok(), "of " + text + " the rule " + rule + ": " + applied.error().message);
  }
  if (text.find_first_of("\"'\\") == std::string::npos) {
    FUZZ_REQUIRE(read.text() == text, text + " reads as " + read.text());
    FUZZ_REQUIRE(decisions(read, commands) == decisions(rules, commands), text);
  }
  FUZZ_REQUIRE(rules.keeps_channels_of(rules), text);
  rules.accepts(text);
}

std::vector<std::string> seeds() {
  return {"on nopass ~* &* +@all -@dangerous", "on >x ~a* %R~b* %W~c resetchannels &ch +get -set +config|get",
          "(+get ~a) (+set %W~b &c) clearselectors (+@read -@write ~*)",
          "reset allkeys allchannels +@all -client|kill +select|0"};
}

std::vector<std::string> words() {
  std::vector<std::string> words = {"on",
                                    "off",
                                    "nopass",
                                    "resetpass",
                                    "reset",
                                    "resetkeys",
                                    "resetchannels",
                                    "allkeys",
                                    "allchannels",
                                    "allcommands",
                                    "nocommands",
                                    "clearselectors",
                                    "~*",
                                    "%R~",
                                    "%W~",
                                    "%RW~",
                                    "&*",
                                    "+@all",
                                    "-@all",
                                    "(",
                                    ")",
                                    "sanitize-payload",
                                    "skip-sanitize-payload",
                                    "#",
                                    "!",
                                    ">",
                                    "<"};
  for (const auto& entry : table().entries()) words.push_back("+" + std::string(entry->name()));
  return words;
}

}  // namespace terrace::fuzz
