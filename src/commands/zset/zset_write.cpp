// The sorted set commands that change members by name.
#include <cmath>
#include <optional>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/zset_access.h"
#include "src/commands/zset/zset_handlers.h"
#include "src/commands/zset/zset_update.h"

namespace terrace {
namespace {

using storage::Record;
using storage::ValueType;
using types::ScoredMember;
using types::SortedSetView;

struct Outcome {
  bool added = false;
  bool changed = false;
  std::optional<double> score = std::nullopt;  // of the member now; nothing: the options prevented the change
};

// The new score of an element, by the options. It is NaN if the sum is.
Outcome outcome_of(const ZsetUpdate& update, const ScoredMember& element, std::optional<double> old_score) {
  if (!old_score) return update.only_existing ? Outcome{} : Outcome{.added = true, .score = element.score};
  if (update.only_new) return {};
  const double score = update.increment ? *old_score + element.score : element.score;
  if ((update.only_less && score >= *old_score) || (update.only_greater && score <= *old_score)) return {};
  return {.changed = score != *old_score, .score = score};
}

}  // namespace

bool ZsetUpdate::take_option(std::string_view argument) {
  struct Option {
    std::string_view name;
    bool ZsetUpdate::*flag;
  };
  static constexpr Option kOptions[] = {{"NX", &ZsetUpdate::only_new},      {"XX", &ZsetUpdate::only_existing},
                                        {"CH", &ZsetUpdate::count_changed}, {"INCR", &ZsetUpdate::increment},
                                        {"GT", &ZsetUpdate::only_greater},  {"LT", &ZsetUpdate::only_less}};
  for (const Option& option : kOptions) {
    if (is_option(argument, option.name)) return this->*option.flag = true;
  }
  return false;
}

bool ZsetUpdate::contradicts(Context& context) const {
  if (only_new && only_existing) {
    context.reply.error("ERR XX and NX options at the same time are not compatible");
    return true;
  }
  if ((only_greater && only_new) || (only_less && only_new) || (only_greater && only_less)) {
    context.reply.error("ERR GT, LT, and/or NX options at the same time are not compatible");
    return true;
  }
  return false;
}

bool ZsetUpdate::apply(Context& context, std::string_view key) const {
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return false;
  std::int64_t added = 0, changed = 0;
  std::optional<double> new_score;
  for (const ScoredMember& element : elements) {
    const auto old_score = record ? SortedSetView(*record).score(element.member) : std::nullopt;
    const Outcome outcome = outcome_of(*this, element, old_score);
    // Only the sum of an increment can be NaN: nothing has been changed yet.
    if (outcome.score && std::isnan(*outcome.score)) {
      context.reply.error("ERR resulting score is not a number (NaN)");
      return false;
    }
    new_score = outcome.score;
    if (!outcome.added && !outcome.changed) continue;
    if (record == nullptr || added + changed == 0) record = changed_sorted_set(context, key, record).record();
    types::SortedSet set(context.database(), record, collection_limits(context));
    set.set({*outcome.score, element.member});
    record = set.record();
    (outcome.added ? added : changed) += 1;
  }
  if (!increment) {
    context.reply.integer(count_changed ? added + changed : added);
  } else {
    new_score ? context.reply.real(*new_score) : context.reply.null();
  }
  if (added + changed > 0) context.notify(kEventSortedSet, increment ? "zincr" : "zadd", key);
  return added + changed > 0;
}

namespace commands {
namespace {

// Reads the options, scores and members of ZADD; ZINCRBY has the same arguments.
void add(Context& context, ZsetUpdate update) {
  std::size_t first = 2;
  while (first < context.arguments.size() && update.take_option(context.argument(first))) ++first;
  const std::size_t elements = context.arguments.size() - first;
  if (elements == 0 || elements % 2 != 0) return context.reply.syntax_error();
  if (update.contradicts(context)) return;
  if (update.increment && elements > 2) {
    return context.reply.error("ERR INCR option supports a single increment-element pair");
  }
  for (std::size_t i = first; i < context.arguments.size(); i += 2) {
    const auto score = score_argument(context, context.argument(i));
    if (!score) return;
    update.elements.push_back({*score, context.argument(i + 1)});
  }
  update.apply(context, context.argument(1));
}

}  // namespace

void zadd(Context& context) {
  add(context, {});
}

void zincrby(Context& context) {
  add(context, {.increment = true});
}

void zrem(Context& context) {
  Record* record = context.write(context.argument(1));
  if (record == nullptr) return context.reply.integer(0);
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  context.reply.integer(erase_scored_members(context, record, context.arguments.subspan(2), "zrem"));
}

}  // namespace commands
}  // namespace terrace
