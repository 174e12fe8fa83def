// The sorted set commands that combine several sorted sets or sets, and reply, count or store the result.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/zset_access.h"
#include "src/commands/zset/zset_handlers.h"
#include "src/execution/command.h"
#include "src/types/set/set.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::ScoredMember;
using types::SetView;
using types::SortedSetBuilder;
using types::SortedSetView;

enum class Operation { kUnion, kIntersection, kDifference };
enum class Aggregate { kSum, kMin, kMax };

// A source: a sorted set, or a set, whose members count with the score 1. An absent key is an empty source.
struct Source {
  const Record* record = nullptr;
  double weight = 1;

  bool is_set() const { return record->type() == ValueType::kSet; }
  std::size_t size() const {
    if (record == nullptr) return 0;
    return is_set() ? SetView(*record).size() : SortedSetView(*record).size();
  }
  std::optional<double> score(std::string_view member) const {
    if (record == nullptr) return std::nullopt;
    if (!is_set()) return SortedSetView(*record).score(member);
    return SetView(*record).contains(member) ? std::optional(1.0) : std::nullopt;
  }
  // Calls visit(element) for all elements, until it returns false.
  template <typename Visit>
  void visit(const Visit& visit_one) const {
    if (record == nullptr) return;
    if (!is_set()) return SortedSetView(*record).forward(0, visit_one);
    bool more = true;
    std::uint64_t cursor = 0;
    do {
      cursor = SetView(*record).scan(cursor, [&](std::string_view member) {
        if (more) more = visit_one(ScoredMember{1, member});
      });
    } while (cursor != 0 && more);
  }
};

struct Request {
  std::vector<Source> sources;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  std::uint64_t limit = 0;  // 0: none
};

// The options that the command has behind its keys.
struct Allowed {
  bool weights = false;
  bool scores = false;
  bool limit = false;
};

// As in Redis, the sum of infinities of both signs is 0.
double zero_if_nan(double score) {
  return std::isnan(score) ? 0 : score;
}

double aggregated(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::kSum:
      return zero_if_nan(a + b);
    case Aggregate::kMin:
      return b < a ? b : a;
    case Aggregate::kMax:
      return b > a ? b : a;
  }
  return a;
}

// --- the request; false: the error is replied

bool find_sources(Context& context, std::size_t at, std::size_t count, std::vector<Source>& sources) {
  for (const std::string_view key : context.arguments.subspan(at, count)) {
    const Record* record = context.read(key);
    if (record != nullptr && record->type() != ValueType::kSortedSet && record->type() != ValueType::kSet) {
      context.reply.wrong_type();
      return false;
    }
    sources.push_back({.record = record});
  }
  return true;
}

bool parse_weights(Context& context, std::size_t at, std::vector<Source>& sources) {
  for (Source& source : sources) {
    const auto weight = score_argument(context, context.argument(at++), "ERR weight value is not a float");
    if (!weight) return false;
    source.weight = *weight;
  }
  return true;
}

std::optional<Aggregate> aggregate_of(std::string_view argument) {
  if (is_option(argument, "SUM")) return Aggregate::kSum;
  if (is_option(argument, "MIN")) return Aggregate::kMin;
  if (is_option(argument, "MAX")) return Aggregate::kMax;
  return std::nullopt;
}

bool parse_options(Context& context, std::size_t at, const Allowed& allowed, Request& request) {
  const std::size_t arguments = context.arguments.size();
  while (at < arguments) {
    const std::string_view option = context.argument(at);
    const std::size_t behind = arguments - at - 1;
    if (allowed.weights && behind >= request.sources.size() && is_option(option, "WEIGHTS")) {
      if (!parse_weights(context, at + 1, request.sources)) return false;
      at += 1 + request.sources.size();
    } else if (allowed.weights && behind >= 1 && is_option(option, "AGGREGATE")) {
      const auto aggregate = aggregate_of(context.argument(at + 1));
      if (!aggregate) return context.reply.syntax_error(), false;
      request.aggregate = *aggregate;
      at += 2;
    } else if (allowed.scores && is_option(option, "WITHSCORES")) {
      request.with_scores = true;
      at += 1;
    } else if (allowed.limit && behind >= 1 && is_option(option, "LIMIT")) {
      const auto limit = types::parse_integer(context.argument(at + 1));
      if (!limit || *limit < 0) return context.reply.error("ERR LIMIT can't be negative"), false;
      request.limit = static_cast<std::uint64_t>(*limit);
      at += 2;
    } else {
      return context.reply.syntax_error(), false;
    }
  }
  return true;
}

// `at`: the index of the number of keys.
std::optional<Request> parse_request(Context& context, std::size_t at, const Allowed& allowed) {
  const auto count = integer_argument(context, at);
  if (!count) return std::nullopt;
  if (*count < 1) {
    context.reply.error("ERR at least 1 input key is needed for '" + std::string(context.command.name) + "' command");
    return std::nullopt;
  }
  if (static_cast<std::uint64_t>(*count) > context.arguments.size() - at - 1) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  const auto keys = static_cast<std::size_t>(*count);
  Request request;
  if (!find_sources(context, at + 1, keys, request.sources)) return std::nullopt;
  if (!parse_options(context, at + 1 + keys, allowed, request)) return std::nullopt;
  return request;
}

// --- the operations

// Sorts the sources by size, as Redis does: the order in which scores are added shows in their last digits.
void smallest_first(std::vector<Source>& sources) {
  std::stable_sort(sources.begin(), sources.end(),
                   [](const Source& a, const Source& b) { return a.size() < b.size(); });
}

void unite(Request& request, SortedSetBuilder& result) {
  smallest_first(request.sources);
  std::unordered_map<std::string, double> scores;
  scores.reserve(request.sources.back().size());
  for (const Source& source : request.sources) {
    source.visit([&](const ScoredMember& element) {
      const double score = zero_if_nan(source.weight * element.score);
      const auto [at, is_new] = scores.try_emplace(std::string(element.member), score);
      if (!is_new) at->second = aggregated(request.aggregate, at->second, score);
      return true;
    });
  }
  for (const auto& [member, score] : scores) result.add({score, member});
}

// Calls visit(element) for the members that all sources have, until it returns false.
template <typename Visit>
void intersect(Request& request, const Visit& visit) {
  smallest_first(request.sources);
  const Source& first = request.sources.front();
  const auto others = std::span(request.sources).subspan(1);
  first.visit([&](const ScoredMember& element) {
    double score = zero_if_nan(first.weight * element.score);
    for (const Source& other : others) {
      const auto found = other.score(element.member);
      if (!found) return true;
      score = aggregated(request.aggregate, score, *found * other.weight);
    }
    return visit(ScoredMember{score, element.member});
  });
}

void subtract(Request& request, SortedSetBuilder& result) {
  const auto others = std::span(request.sources).subspan(1);
  request.sources.front().visit([&](const ScoredMember& element) {
    const auto has_member = [&](const Source& other) { return other.score(element.member).has_value(); };
    if (std::none_of(others.begin(), others.end(), has_member)) result.add(element);
    return true;
  });
}

void run(Operation operation, Request& request, SortedSetBuilder& result) {
  switch (operation) {
    case Operation::kUnion:
      return unite(request, result);
    case Operation::kIntersection:
      return intersect(request, [&result](const ScoredMember& element) {
        result.add(element);
        return true;
      });
    case Operation::kDifference:
      return subtract(request, result);
  }
}

// About what the operation takes: its result, and the scores of a union beside it.
std::uint64_t memory_for(Operation operation, const Request& request) {
  std::uint64_t sum = 0, least = std::numeric_limits<std::uint64_t>::max();
  for (const Source& source : request.sources) {
    const std::uint64_t bytes = source.record == nullptr ? 0 : Record::footprint(source.record);
    sum += bytes;
    least = std::min(least, bytes);
  }
  constexpr std::uint64_t kUnionCopies = 3;
  if (operation == Operation::kUnion) return sum * kUnionCopies;
  if (operation == Operation::kIntersection) return least;
  const Record* first = request.sources.front().record;
  return first == nullptr ? 0 : Record::footprint(first);
}

void reply_result(Context& context, Operation operation) {
  auto request = parse_request(context, 1, {.weights = operation != Operation::kDifference, .scores = true});
  if (!request || !context.take_memory(memory_for(operation, *request))) return;
  SortedSetBuilder result;
  run(operation, *request, result);
  MembersReply reply(context.reply, result.members().size(), request->with_scores);
  result.members().forward(0, [&reply](const ScoredMember& element) {
    reply.add(element);
    return true;
  });
}

void store_result(Context& context, Operation operation, std::string_view event) {
  auto request = parse_request(context, 2, {.weights = operation != Operation::kDifference});
  if (!request || !context.take_memory(memory_for(operation, *request))) return;
  SortedSetBuilder result;
  run(operation, *request, result);
  store_members(context, context.argument(1), result, event);
}

}  // namespace

void zdiff(Context& context) {
  reply_result(context, Operation::kDifference);
}
void zdiffstore(Context& context) {
  store_result(context, Operation::kDifference, "zdiffstore");
}
void zinter(Context& context) {
  reply_result(context, Operation::kIntersection);
}
void zinterstore(Context& context) {
  store_result(context, Operation::kIntersection, "zinterstore");
}
void zunion(Context& context) {
  reply_result(context, Operation::kUnion);
}
void zunionstore(Context& context) {
  store_result(context, Operation::kUnion, "zunionstore");
}

void zintercard(Context& context) {
  auto request = parse_request(context, 1, {.limit = true});
  if (!request) return;
  std::uint64_t count = 0;
  intersect(*request, [&](const ScoredMember&) { return ++count != request->limit; });
  context.reply.integer(static_cast<std::int64_t>(count));
}

}  // namespace terrace::commands
