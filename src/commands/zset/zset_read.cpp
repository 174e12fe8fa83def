// The sorted set commands that read members by name, at random, or by ZSCAN.
#include <algorithm>

#include "src/commands/shared/argument.h"
#include "src/commands/shared/element_scan.h"
#include "src/commands/shared/random_request.h"
#include "src/commands/zset/zset_access.h"
#include "src/commands/zset/zset_handlers.h"
#include "src/types/encoding/random_choice.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::Random;
using types::SortedSetView;

// Finds the sorted set of argument 1, nullptr if the key is absent. False: the error is replied.
bool find_sorted_set(Context& context, const Record*& record) {
  record = context.read(context.argument(1));
  return type_or_absent(context, record, ValueType::kSortedSet);
}

void reply_score(Context& context, const Record* record, std::string_view member) {
  const auto score = record ? SortedSetView(*record).score(member) : std::nullopt;
  score ? context.reply.real(*score) : context.reply.null();
}

void reply_rank(Context& context, bool from_highest) {
  const bool with_score = context.arguments.size() == 4;
  if (context.arguments.size() > 4) return wrong_argument_count(context);
  if (with_score && !is_option(context.argument(3), "WITHSCORE")) return context.reply.syntax_error();
  const Record* record;
  if (!find_sorted_set(context, record)) return;
  const auto rank = record ? SortedSetView(*record).rank(context.argument(2)) : std::nullopt;
  if (!rank) return with_score ? context.reply.null_array() : context.reply.null();
  const std::size_t behind = SortedSetView(*record).size() - 1 - *rank;
  if (with_score) context.reply.array(2);
  context.reply.integer(static_cast<std::int64_t>(from_highest ? behind : *rank));
  if (with_score) reply_score(context, record, context.argument(2));
}

void reply_random_members(Context& context, const SortedSetView& view, const RandomRequest& request) {
  Random random(context.random());
  const bool repeats = request.count < 0;
  const auto asked = static_cast<std::uint64_t>(repeats ? -request.count : request.count);
  const std::uint64_t count = repeats ? asked : std::min<std::uint64_t>(asked, view.size());
  MembersReply reply(context.reply, count, request.with_values);
  const auto add = [&reply](std::string_view member, double score) { reply.add({score, member}); };
  if (repeats) {
    types::choose_with_repeats(view, count, random, add, [&context] { return context.reply.hopeless(); });
  } else {
    types::choose_distinct(view, count, random, add);
  }
}

}  // namespace

void zcard(Context& context) {
  const Record* record;
  if (!find_sorted_set(context, record)) return;
  context.reply.integer(record ? static_cast<std::int64_t>(SortedSetView(*record).size()) : 0);
}

void zscore(Context& context) {
  const Record* record;
  if (find_sorted_set(context, record)) reply_score(context, record, context.argument(2));
}

void zmscore(Context& context) {
  const Record* record;
  if (!find_sorted_set(context, record)) return;
  context.reply.array(context.arguments.size() - 2);
  for (const std::string_view member : context.arguments.subspan(2)) reply_score(context, record, member);
}

void zrank(Context& context) {
  reply_rank(context, /*from_highest=*/false);
}
void zrevrank(Context& context) {
  reply_rank(context, /*from_highest=*/true);
}

void zscan(Context& context) {
  const auto cursor = cursor_argument(context, 2);
  if (!cursor) return;
  const Record* record;
  if (!find_sorted_set(context, record)) return;
  if (record == nullptr) return ElementScan::reply_empty(context);
  const SortedSetView set(*record);
  using Integers = types::ScoreText::Integers;
  const Integers integers = record->object() ? Integers::kAsOthers : Integers::kInFull;
  ElementScan::reply(context, *cursor, Scanned::kMembers, [&set, integers](std::uint64_t from, ElementScan& out) {
    return set.scan(from, [&out, integers](std::string_view member, double score) {
      out.add(member, types::ScoreText(score, integers));
    });
  });
}

void zrandmember(Context& context) {
  const bool one = context.arguments.size() == 2;
  const auto request = one ? RandomRequest{1, false} : random_request(context, "WITHSCORES");
  if (!request) return;
  const Record* record;
  if (!find_sorted_set(context, record)) return;
  if (record == nullptr) return one ? context.reply.null() : context.reply.array(0);
  const SortedSetView view(*record);
  if (!one) return reply_random_members(context, view, *request);
  Random random(context.random());
  view.visit_random(random, [&context](std::string_view member, double) { context.reply.bulk(member); });
}

}  // namespace terrace::commands
