// The geo commands on members by name: GEOADD, GEODIST, GEOHASH, GEOPOS.
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/zset/geo_access.h"
#include "src/commands/zset/geo_handlers.h"
#include "src/commands/zset/zset_update.h"
#include "src/text/number.h"
#include "src/types/zset/geohash.h"
#include "src/types/zset/sorted_set.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::Geohash;
using types::SortedSetView;

// Reads the options NX, XX and CH. Returns how many there are.
std::size_t take_options(Context& context, ZsetUpdate& update) {
  std::size_t at = 2;
  for (; at < context.arguments.size(); ++at) {
    const std::string_view argument = context.argument(at);
    const bool known = is_option(argument, "NX") || is_option(argument, "XX") || is_option(argument, "CH");
    if (!known || !update.take_option(argument)) break;
  }
  return at - 2;
}

// Propagates ZADD, as redis-server does, with the positions as scores.
void propagate_zadd(Context& context, std::size_t options, const ZsetUpdate& update) {
  std::vector<std::string_view> effect{"ZADD", context.argument(1)};
  for (std::size_t i = 0; i < options; ++i) effect.push_back(context.argument(2 + i));
  std::vector<types::IntegerText> scores;
  scores.reserve(update.elements.size());
  for (const auto& element : update.elements) {
    effect.push_back(scores.emplace_back(static_cast<std::int64_t>(element.score)).view());
    effect.push_back(element.member);
  }
  context.propagate(effect);
}

// Calls visit(position) for each named member, with nullptr for one that does not exist.
template <typename Visit>
void reply_each(Context& context, const Visit& visit) {
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  const auto members = context.arguments.subspan(2);
  context.reply.array(members.size());
  for (const std::string_view member : members) {
    const auto score = record ? SortedSetView(*record).score(member) : std::nullopt;
    visit(score);
  }
}

}  // namespace

void geoadd(Context& context) {
  ZsetUpdate update;
  const std::size_t options = take_options(context, update), first = 2 + options;
  const std::size_t rest = context.arguments.size() - first;
  if (rest % 3 != 0 || (update.only_new && update.only_existing)) return context.reply.syntax_error();
  for (std::size_t at = first; at < context.arguments.size(); at += 3) {
    const auto place = place_argument(context, at);
    if (!place) return;
    update.elements.push_back({Geohash::of(*place).score(), context.argument(at + 2)});
  }
  if (rest == 0) return context.reply.syntax_error();
  if (update.apply(context, context.argument(1))) propagate_zadd(context, options, update);
}

void geodist(Context& context) {
  if (context.arguments.size() > 5) return context.reply.syntax_error();
  const auto unit = context.arguments.size() == 5 ? unit_argument(context, 4) : 1.0;
  if (!unit) return;
  const Record* record = context.read(context.argument(1));
  if (record == nullptr) return context.reply.null();
  if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
  const SortedSetView view(*record);
  const auto from = view.score(context.argument(2)), to = view.score(context.argument(3));
  if (!from || !to) return context.reply.null();
  reply_distance(context.reply, distance_metres(types::place_of_score(*from), types::place_of_score(*to)) / *unit);
}

void geohash(Context& context) {
  reply_each(context, [&context](std::optional<double> score) {
    score ? context.reply.bulk(Geohash::of_score(*score).text()) : context.reply.null();
  });
}

void geopos(Context& context) {
  reply_each(context, [&context](std::optional<double> score) {
    score ? reply_place(context.reply, types::place_of_score(*score)) : context.reply.null_array();
  });
}

}  // namespace terrace::commands
