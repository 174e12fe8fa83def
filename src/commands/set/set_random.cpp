// SPOP and SRANDMEMBER. The effect of SPOP names the members that were popped: replay must not draw others.
#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/commands/set/set_access.h"
#include "src/commands/set/set_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/types/encoding/random_choice.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::Random;
using types::SetView;

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
// The members that one SREM in the log names.
constexpr std::size_t kMembersPropagated = 1024;

void propagate_removal(Context& context, std::string_view key, std::span<const std::string> members) {
  for (std::size_t first = 0; first < members.size(); first += kMembersPropagated) {
    const auto part = members.subspan(first, std::min(kMembersPropagated, members.size() - first));
    std::vector<std::string_view> effect = {"SREM", key};
    effect.insert(effect.end(), part.begin(), part.end());
    context.propagate(effect);
  }
}

void pop_all(Context& context, Record* record) {
  static_cast<void>(context.read_without_touch(context.argument(1)));  // counted, as Redis replies a union of one set
  const SetView set(*record);
  context.reply.set(set.size());
  set.for_each([&context](std::string_view member) { context.reply.bulk(member); });
  context.remove(record);
  notify_removal(context, "spop", nullptr);
  context.propagate({"DEL", context.argument(1)});
}

// Pops fewer members than the set has.
std::vector<std::string> pop_members(Context& context, Record* record, std::uint64_t count) {
  std::vector<std::string> members;
  Random random(context.random());
  types::choose_distinct(SetView(*record), count, random,
                         [&members](std::string_view member) { members.emplace_back(member); });
  erase_members(context, record, members);
  notify_removal(context, "spop", record);
  propagate_removal(context, context.argument(1), members);
  return members;
}

void pop_one(Context& context) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kSet)) return;
  if (record == nullptr) return context.reply.null();
  context.reply.bulk(pop_members(context, record, 1).front());
}

}  // namespace

void spop(Context& context) {
  if (context.arguments.size() == 2) return pop_one(context);
  if (context.arguments.size() > 3) return context.reply.syntax_error();
  const auto count = types::parse_integer(context.argument(2));
  if (!count || *count < 0) return context.reply.error("ERR value is out of range, must be positive");
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kSet)) return;
  if (record == nullptr || *count == 0) return context.reply.set(0);
  const auto wanted = static_cast<std::uint64_t>(*count);
  if (wanted >= SetView(*record).size()) return pop_all(context, record);
  const std::vector<std::string> members = pop_members(context, record, wanted);
  context.reply.set(members.size());
  for (const std::string& member : members) context.reply.bulk(member);
}

void srandmember(Context& context) {
  const bool one = context.arguments.size() == 2;
  if (context.arguments.size() > 3) return context.reply.syntax_error();
  const auto count = one ? std::optional<std::int64_t>(1) : integer_argument(context, 2);
  if (!count) return;
  if (*count < -kMaxCount) {
    return context.reply.error(
        "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  }
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kSet)) return;
  if (record == nullptr) return one ? context.reply.null() : context.reply.array(0);
  const SetView set(*record);
  Random random(context.random());
  const auto add = [&context](std::string_view member) { context.reply.bulk(member); };
  if (one) return set.visit_random(random, add);
  if (*count < 0) {
    context.reply.array(static_cast<std::uint64_t>(-*count));
    types::choose_with_repeats(set, static_cast<std::uint64_t>(-*count), random, add,
                               [&context] { return context.reply.hopeless(); });
  } else {
    context.reply.array(std::min<std::uint64_t>(static_cast<std::uint64_t>(*count), set.size()));
    types::choose_distinct(set, static_cast<std::uint64_t>(*count), random, add);
  }
}

}  // namespace terrace::commands
