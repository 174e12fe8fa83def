// The sorted set commands that pop members from an end.
#include "src/commands/zset/zset_pop.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/zset_access.h"
#include "src/commands/zset/zset_handlers.h"
#include "src/commands/zset/zset_range.h"

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
  const std::string_view event = highest ? "zpopmax" : "zpopmin";
  if (count == size) return remove_sorted_set(context, record, event);
  erase_scored_members(context, record, members, event);
}

void propagate_zset_pop(Context& context, std::string_view key, ZsetEnd end, std::size_t count) {
  const types::IntegerText digits(static_cast<std::int64_t>(count));
  context.propagate({end == ZsetEnd::kLowest ? "ZPOPMIN" : "ZPOPMAX", key, digits.view()});
}

namespace {

// A positive number. Nothing: the error is replied.
std::optional<std::size_t> count_argument(Context& context, std::size_t index, std::string_view error) {
  const auto number = types::parse_integer(context.argument(index));
  if (number && *number > 0) return static_cast<std::size_t>(*number);
  context.reply.error(error);
  return std::nullopt;
}

// Reads MIN|MAX [COUNT count] from argument `where` on.
std::optional<ZsetPopping> popping_argument(Context& context, std::size_t where) {
  const std::size_t arguments = context.arguments.size();
  const bool lowest = is_option(context.argument(where), "MIN");
  if (!lowest && !is_option(context.argument(where), "MAX")) return context.reply.syntax_error(), std::nullopt;
  const ZsetEnd end = lowest ? ZsetEnd::kLowest : ZsetEnd::kHighest;
  if (arguments == where + 1) return ZsetPopping{end, 1};
  if (!is_option(context.argument(where + 1), "COUNT") || arguments == where + 2) {
    return context.reply.syntax_error(), std::nullopt;
  }
  const auto count = count_argument(context, where + 2, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (arguments > where + 3) return context.reply.syntax_error(), std::nullopt;
  return ZsetPopping{end, *count};
}

}  // namespace

std::optional<MultipleZsetPop> multiple_zset_pop_arguments(Context& context, std::size_t index) {
  const auto keys = count_argument(context, index, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  if (*keys >= context.arguments.size() - index - 1) return context.reply.syntax_error(), std::nullopt;
  const auto popping = popping_argument(context, index + 1 + *keys);
  if (!popping) return std::nullopt;
  return MultipleZsetPop{context.arguments.subspan(index + 1, *keys), *popping};
}

bool pop_first_sorted_set(Context& context, std::span<const std::string_view> keys, const ZsetPopping& popping) {
  for (const std::string_view key : keys) {
    Record* record = context.write(key);
    if (record == nullptr) continue;
    if (!type_or_absent(context, record, ValueType::kSortedSet)) return true;
    const std::size_t count = std::min(SortedSetView(*record).size(), popping.most);
    context.reply.array(2);
    context.reply.bulk(key);
    pop_scored_members(context, record, popping.end, count, /*nested=*/true);
    propagate_zset_pop(context, key, popping.end, count);
    return true;
  }
  return false;
}

namespace commands {
namespace {

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
  // With a count, the reply in RESP3 is an array of pairs.
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
  const auto pop = multiple_zset_pop_arguments(context, 1);
  if (pop && !pop_first_sorted_set(context, pop->keys, pop->popping)) context.reply.null_array();
}

}  // namespace commands
}  // namespace terrace
