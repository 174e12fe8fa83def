// The sorted set commands that work on ranges of members.
#include "src/commands/zset/zset_range.h"

#include <algorithm>
#include <string>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/zset_access.h"
#include "src/commands/zset/zset_handlers.h"

namespace terrace {

using storage::Record;
using storage::ValueType;
using types::ScoredMember;
using types::SortedSetView;

std::optional<ZsetRange::Bound> ZsetRange::parse_score(std::string_view argument) {
  Bound bound;
  if (argument.starts_with('(')) {
    bound.exclusive = true;
    argument.remove_prefix(1);
  }
  const auto score = types::parse_score_bound(argument);
  if (!score) return std::nullopt;
  bound.score = *score;
  return bound;
}

std::optional<ZsetRange::Bound> ZsetRange::parse_text(std::string_view argument) {
  const std::string_view word = until_nul(argument);
  if (word == "-") return Bound{.below_all = true};
  if (word == "+") return Bound{.above_all = true};
  if (!argument.starts_with('(') && !argument.starts_with('[')) return std::nullopt;
  return Bound{.text = argument.substr(1), .exclusive = argument.front() == '('};
}

std::optional<ZsetRange> ZsetRange::parse(Context& context, Kind kind, std::string_view min, std::string_view max) {
  ZsetRange range;
  range.kind_ = kind;
  if (kind == Kind::kRank) {
    const auto start = types::parse_integer(min), stop = types::parse_integer(max);
    if (!start || !stop) return not_an_integer(context.reply), std::nullopt;
    range.start_ = *start;
    range.stop_ = *stop;
    return range;
  }
  const auto low = kind == Kind::kScore ? parse_score(min) : parse_text(min);
  const auto high = kind == Kind::kScore ? parse_score(max) : parse_text(max);
  if (!low || !high) {
    context.reply.error(kind == Kind::kScore ? "ERR min or max is not a float"
                                             : "ERR min or max not valid string range item");
    return std::nullopt;
  }
  range.min_ = *low;
  range.max_ = *high;
  return range;
}

std::size_t ZsetRange::count_before(const SortedSetView& view, const Bound& bound, bool with_equal) const {
  if (bound.below_all) return 0;
  if (bound.above_all) return view.size();
  if (kind_ == Kind::kScore) {
    return view.count_first(
        [&](double score, const auto&) { return with_equal ? score <= bound.score : score < bound.score; });
  }
  return view.count_first(
      [&](double, const auto& member) { return with_equal ? member() <= bound.text : member() < bound.text; });
}

// The range includes both ends, negative ranks count from the end, and what lies outside the sorted set is cut off.
RankRange ZsetRange::of_ranks(std::size_t size) const {
  const auto all = static_cast<std::int64_t>(size);
  std::int64_t start = start_, stop = stop_;
  if (start < 0) start = std::max<std::int64_t>(start + all, 0);
  if (stop < 0) stop += all;
  stop = std::min(stop, all - 1);
  if (start > stop) return {};
  return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop) + 1};
}

RankRange ZsetRange::of(const SortedSetView& view, bool reverse) const {
  if (kind_ == Kind::kRank) {
    const std::size_t size = view.size();
    const RankRange range = of_ranks(size);
    return reverse ? RankRange{size - range.end, size - range.begin} : range;
  }
  if (kind_ == Kind::kText) {
    if (!meets_texts(view)) return {};
    if (view.packed()) return reverse ? last_texts(view) : first_texts(view);
  }
  const RankRange range{count_before(view, min_, min_.exclusive), count_before(view, max_, !max_.exclusive)};
  return range.begin < range.end ? range : RankRange{};
}

bool ZsetRange::above_min(std::string_view member) const {
  return !min_.above_all && (min_.below_all || (min_.exclusive ? member > min_.text : member >= min_.text));
}

bool ZsetRange::below_max(std::string_view member) const {
  return !max_.below_all && (max_.above_all || (max_.exclusive ? member < max_.text : member <= max_.text));
}

// Whether the last member reaches the range, and the first one does not lie above it.
bool ZsetRange::meets_texts(const SortedSetView& view) const {
  bool meets = view.size() > 0;
  view.backward(view.size() - 1, [&](const ScoredMember& last) { return meets = above_min(last.member), false; });
  view.forward(0, [&](const ScoredMember& first) { return meets = meets && below_max(first.member), false; });
  return meets;
}

RankRange ZsetRange::first_texts(const SortedSetView& view) const {
  RankRange range;
  view.forward(0, [&](const ScoredMember& element) {
    const bool begun = range.end > range.begin;
    if (!begun && !above_min(element.member)) return ++range.begin, ++range.end, true;
    if (!below_max(element.member)) return false;
    return ++range.end, true;
  });
  return range;
}

RankRange ZsetRange::last_texts(const SortedSetView& view) const {
  RankRange range{view.size(), view.size()};
  view.backward(view.size() - 1, [&](const ScoredMember& element) {
    const bool begun = range.end > range.begin;
    if (!begun && !below_max(element.member)) return --range.begin, --range.end, true;
    if (!above_min(element.member)) return false;
    return --range.begin, true;
  });
  return range;
}

namespace commands {
namespace {

using Kind = ZsetRange::Kind;

// The request of ZRANGE and the commands like it.
struct RangeRequest {
  std::optional<Kind> kind;
  std::optional<bool> reverse;
  bool with_scores = false;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // negative: all
};

// Reads the options for what the command's name does not determine. `first`: the index of the key. False: the error is
// replied.
bool parse_options(Context& context, std::size_t first, bool store, RangeRequest& request) {
  const std::size_t arguments = context.arguments.size();
  for (std::size_t i = first + 3; i < arguments; ++i) {
    const std::string_view argument = context.argument(i);
    if (!store && is_option(argument, "WITHSCORES")) {
      request.with_scores = true;
    } else if (is_option(argument, "LIMIT") && i + 2 < arguments) {
      const auto offset = integer_argument(context, i + 1);
      const auto limit = offset ? integer_argument(context, i + 2) : std::nullopt;
      if (!limit) return false;
      request.offset = *offset;
      request.limit = *limit;
      i += 2;
    } else if (!request.reverse && is_option(argument, "REV")) {
      request.reverse = true;
    } else if (!request.kind && is_option(argument, "BYLEX")) {
      request.kind = Kind::kText;
    } else if (!request.kind && is_option(argument, "BYSCORE")) {
      request.kind = Kind::kScore;
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  request.kind = request.kind.value_or(Kind::kRank);
  request.reverse = request.reverse.value_or(false);
  if (request.limit != -1 && request.kind == Kind::kRank) {
    context.reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (request.with_scores && request.kind == Kind::kText) {
    context.reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  return true;
}

// Applies offset and limit, which count from the end that is replied first. A negative offset gives an empty range.
RankRange limited(RankRange range, const RangeRequest& request) {
  if (request.offset < 0) return {};
  const std::size_t skip = std::min(range.size(), static_cast<std::size_t>(request.offset));
  const std::size_t most = range.size() - skip;
  const std::size_t count = request.limit < 0 ? most : std::min(most, static_cast<std::size_t>(request.limit));
  if (*request.reverse) return {range.end - skip - count, range.end - skip};
  return {range.begin + skip, range.begin + skip + count};
}

// Finds the range and calls done(view, range), or done(nullptr, {}) for an absent key.
template <typename Done>
void find_range(Context& context, std::size_t first, bool store, RangeRequest& request, const Done& done) {
  if (!parse_options(context, first, store, request)) return;
  // In reverse order, the maximum comes before the minimum among the arguments.
  const bool swapped = *request.reverse && *request.kind != Kind::kRank;
  const auto range = ZsetRange::parse(context, *request.kind, context.argument(first + (swapped ? 2 : 1)),
                                      context.argument(first + (swapped ? 1 : 2)));
  if (!range) return;
  const Record* record = context.read(context.argument(first));
  if (record == nullptr) return done(nullptr, RankRange{});
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  const SortedSetView view(*record);
  RankRange ranks = range->of(view, *request.reverse);
  if (*request.kind != Kind::kRank) ranks = limited(ranks, request);
  if (store && view.size() > 0 && !context.take_memory(Record::footprint(record) / view.size() * ranks.size())) return;
  done(&view, ranks);
}

void reply_range(Context& context, RangeRequest request) {
  find_range(context, 1, /*store=*/false, request, [&](const SortedSetView* view, const RankRange& range) {
    MembersReply reply(context.reply, range.size(), request.with_scores);
    if (view == nullptr) return;
    visit_range(*view, range, *request.reverse, [&reply](const ScoredMember& element) { reply.add(element); });
  });
}

void remove_range(Context& context, Kind kind) {
  const auto range = ZsetRange::parse(context, kind, context.argument(2), context.argument(3));
  if (!range) return;
  Record* record = context.write(context.argument(1));
  if (record == nullptr) return context.reply.integer(0);
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  const SortedSetView view(*record);
  const RankRange ranks = range->of(view);
  context.reply.integer(static_cast<std::int64_t>(ranks.size()));
  const std::string_view event = kind == Kind::kText    ? "zremrangebylex"
                                 : kind == Kind::kScore ? "zremrangebyscore"
                                                        : "zremrangebyrank";
  if (ranks.size() == view.size()) return remove_sorted_set(context, record, event);
  std::vector<std::string> members;
  members.reserve(ranks.size());
  visit_range(view, ranks, false, [&members](const ScoredMember& element) { members.emplace_back(element.member); });
  erase_scored_members(context, record, members, event);
}

void count_range(Context& context, Kind kind) {
  const auto range = ZsetRange::parse(context, kind, context.argument(2), context.argument(3));
  if (!range) return;
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  const std::size_t count = record ? range->of(SortedSetView(*record)).size() : 0;
  context.reply.integer(static_cast<std::int64_t>(count));
}

}  // namespace

void zrange(Context& context) {
  reply_range(context, {});
}
void zrangebylex(Context& context) {
  reply_range(context, {.kind = Kind::kText, .reverse = false});
}
void zrangebyscore(Context& context) {
  reply_range(context, {.kind = Kind::kScore, .reverse = false});
}
void zrevrange(Context& context) {
  reply_range(context, {.kind = Kind::kRank, .reverse = true});
}
void zrevrangebylex(Context& context) {
  reply_range(context, {.kind = Kind::kText, .reverse = true});
}
void zrevrangebyscore(Context& context) {
  reply_range(context, {.kind = Kind::kScore, .reverse = true});
}

void zrangestore(Context& context) {
  RangeRequest request;
  find_range(context, 2, /*store=*/true, request, [&](const SortedSetView* view, const RankRange& range) {
    types::SortedSetBuilder result;
    if (view) visit_range(*view, range, false, [&result](const ScoredMember& element) { result.add(element); });
    store_members(context, context.argument(1), result, "zrangestore");
  });
}

void zcount(Context& context) {
  count_range(context, Kind::kScore);
}
void zlexcount(Context& context) {
  count_range(context, Kind::kText);
}

void zremrangebylex(Context& context) {
  remove_range(context, Kind::kText);
}
void zremrangebyrank(Context& context) {
  remove_range(context, Kind::kRank);
}
void zremrangebyscore(Context& context) {
  remove_range(context, Kind::kScore);
}

}  // namespace commands
}  // namespace terrace
