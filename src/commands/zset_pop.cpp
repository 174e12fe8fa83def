// The sorted set commands that take members off an end.
#include "src/commands/zset_pop.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "src/commands/argument.h"
#include "src/commands/zset_access.h"
#include "src/commands/zset_handlers.h"
#include "src/commands/zset_range.h"

namespace terrace {

using storage::Record;
using storage::ValueType;
using types::ScoredMember;
using types::SortedSetView;

void pop_scored_members(Context& context, Record* record, ZsetEnd end, std::size_t count, bool nested) {
  const SortedSetView view(*record);
  const std::size_t size = view.size();
  const bool highest = end == ZsetEnd::kHighest;
  if (nested) context.reply.array(count);
  std::vector<std::string> members;
  members.reserve(count);
  const RankRange range = highest ? RankRange{size - count, size} : RankRange{0, count};
  visit_range(view, range, highest, [&](const ScoredMember& element) {
    if (nested) context.reply.array(2);
    context.reply.bulk(element.member);
    context.reply.real(element.score);
    if (count < size) members.emplace_back(element.member);
  });
  if (count == size) return context.remove(record);
  erase_scored_members(context, record, members);
}

void propagate_zset_pop(Context& context, std::string_view key, ZsetEnd end, std::size_t count) {
  const types::IntegerText digits(static_cast<std::int64_t>(count));
  context.propagate({end == ZsetEnd::kLowest ? "ZPOPMIN" : "ZPOPMAX", key, digits.view()});
}

namespace commands {
namespace {

// A number from 1 on; the error is replied.
std::optional<std::size_t> count_argument(Context& context, std::size_t index, std::string_view error) {
  const auto number = types::parse_integer(context.argument(index));
  if (number && *number > 0) return static_cast<std::size_t>(*number);
  context.reply.error(error);
  return std::nullopt;
}

void pop(Context& context, ZsetEnd end) {
  if (context.arguments.size() > 3) return context.reply.syntax_error();
  const bool counted = context.arguments.size() == 3;
  const auto most = counted ? types::parse_integer(context.argument(2)) : 1;
  if (!most || *most < 0) return context.reply.error("ERR value is out of range, must be positive");
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  if (record == nullptr || *most == 0) return context.reply.array(0);
  const std::size_t count = std::min(SortedSetView(*record).size(), static_cast<std::size_t>(*most));
  // Pairs are what RESP3 has them for where a count is given.
  const bool nested = counted && context.reply.protocol() == 3;
  if (!nested) context.reply.array(2 * count);
  pop_scored_members(context, record, end, count, nested);
}

}  // namespace

void zpopmax(Context& context) {
  pop(context, ZsetEnd::kHighest);
}
void zpopmin(Context& context) {
  pop(context, ZsetEnd::kLowest);
}

void zmpop(Context& context) {
  const auto keys = count_argument(context, 1, "ERR numkeys should be greater than 0");
  if (!keys) return;
  const std::size_t arguments = context.arguments.size();
  if (*keys >= arguments - 2) return context.reply.syntax_error();
  const std::size_t where = 2 + *keys;
  const bool lowest = is_option(context.argument(where), "MIN");
  if (!lowest && !is_option(context.argument(where), "MAX")) return context.reply.syntax_error();
  std::size_t most = 1;
  if (arguments > where + 1) {
    if (!is_option(context.argument(where + 1), "COUNT") || arguments == where + 2) return context.reply.syntax_error();
    const auto count = count_argument(context, where + 2, "ERR count should be greater than 0");
    if (!count) return;
    if (arguments > where + 3) return context.reply.syntax_error();
    most = *count;
  }
  const ZsetEnd end = lowest ? ZsetEnd::kLowest : ZsetEnd::kHighest;
  for (const std::string_view key : context.arguments.subspan(2, *keys)) {
    Record* record = context.write(key);
    if (record == nullptr) continue;
    if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
    const std::size_t count = std::min(SortedSetView(*record).size(), most);
    context.reply.array(2);
    context.reply.bulk(key);
    pop_scored_members(context, record, end, count, /*nested=*/true);
    return propagate_zset_pop(context, key, end, count);
  }
  context.reply.null_array();
}

}  // namespace commands
}  // namespace terrace
