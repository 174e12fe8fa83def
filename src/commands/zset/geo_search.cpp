// The geo commands that find the members in an area, and reply or store them.
#include "src/commands/zset/geo_search.h"

#include <algorithm>
#include <string>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/geo_access.h"
#include "src/commands/zset/geo_handlers.h"
#include "src/commands/zset/zset_access.h"
#include "src/types/zset/geohash.h"
#include "src/types/zset/range_sort.h"

namespace terrace::commands {
namespace {

using types::ScoredMember;
using types::SortedSetView;
using Order = GeoSearch::Order;
using Center = GeoSearch::Form::Center;

struct Found {
  double distance;  // in metres
  double score;
  std::size_t name_begin;  // among the names
  std::size_t name_size;
};

// The members that were found. Their names stand in one text, so that small elements are sorted.
struct FoundMembers {
  std::vector<Found> list;
  std::string names;

  std::size_t size() const { return list.size(); }
  void add(double distance, const ScoredMember& element) {
    list.push_back({distance, element.score, names.size(), element.member.size()});
    names += element.member;
  }
  std::string_view name(const Found& one) const {
    return std::string_view(names).substr(one.name_begin, one.name_size);
  }
};

// Searches only the cells that cover the area, each of which is a range of scores.
FoundMembers find_members(const GeoSearch& search) {
  const SortedSetView view(*search.record);
  FoundMembers found;
  const auto enough = [&] { return search.any && found.size() >= search.count; };
  for (const types::Geohash& cell : search.area.covering()) {
    if (enough()) break;
    const auto scores = cell.scores();
    const std::size_t rank = view.count_first([&](double score, const auto&) { return score < scores.begin; });
    view.forward(rank, [&](const ScoredMember& element) {
      if (element.score >= scores.end) return false;
      const auto distance = search.area.distance_within(types::place_of_score(element.score));
      if (distance) found.add(*distance, element);
      return !enough();
    });
  }
  return found;
}

// Members at the same distance stay in the order that redis-server gives them.
void order_members(const GeoSearch& search, std::vector<Found>& found) {
  const std::size_t kept = search.count == 0 ? found.size() : std::min<std::size_t>(found.size(), search.count);
  const bool farthest = search.order == Order::kFarthestFirst;
  const auto before = [farthest](const Found& a, const Found& b) {
    return farthest ? b.distance < a.distance : a.distance < b.distance;
  };
  if (search.order != Order::kAsFound) {
    if (kept == found.size()) {
      std::stable_sort(found.begin(), found.end(), before);
    } else {
      types::RangeSort(std::span(found), 0, kept - 1, before);
    }
  }
  found.resize(kept);
}

// A score outside the range of integers is converted as x86-64 does, where redis-server usually runs.
std::int64_t integer_of(double score) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  return score >= -kTwoTo63 && score < kTwoTo63 ? static_cast<std::int64_t>(score) : INT64_MIN;
}

void reply_members(Context& context, const GeoSearch& search, const FoundMembers& found) {
  Reply& reply = context.reply;
  const std::size_t options = std::size_t{search.with_distance} + search.with_hash + search.with_place;
  reply.array(found.size());
  for (const Found& one : found.list) {
    if (options > 0) reply.array(1 + options);
    reply.bulk(found.name(one));
    if (search.with_distance) reply_distance(reply, one.distance / search.area.unit_metres);
    if (search.with_hash) reply.integer(integer_of(one.score));
    if (search.with_place) reply_place(reply, types::place_of_score(one.score));
  }
}

void run(Context& context, const GeoSearch::Form& form) {
  const auto search = GeoSearch::parse(context, form);
  if (!search) return;
  // Of several STOREs the last one counts; the row's key specification finds the first one.
  if (search->store_key && !context.need(*search->store_key)) return;
  FoundMembers found;
  if (search->record != nullptr) {
    found = find_members(*search);
    order_members(*search, found.list);
  }
  if (!search->store_key) return reply_members(context, *search, found);
  types::SortedSetBuilder result;
  for (const Found& one : found.list) {
    result.add({search->store_distance ? one.distance / search->area.unit_metres : one.score, found.name(one)});
  }
  store_members(context, *search->store_key, result, form.stores ? "geosearchstore" : "georadiusstore");
}

}  // namespace

namespace {

bool names_target(std::string_view option) {
  return is_option(option, "STORE") || is_option(option, "STOREDIST");
}

// The result goes to the last of several STOREs. The row's specifications find the first STORE and the first STOREDIST.
std::size_t further_target(std::span<const std::string_view> arguments, std::size_t options) {
  std::size_t last = 0;
  for (std::size_t i = options; i + 1 < arguments.size(); ++i) {
    if (names_target(arguments[i])) last = ++i;
  }
  for (const std::string_view word : {"STORE", "STOREDIST"}) {
    std::size_t first = options;
    while (first < arguments.size() && !is_option(arguments[first], word)) ++first;
    if (first + 1 == last) return 0;
  }
  return last;
}

}  // namespace

std::size_t georadius_target(std::span<const std::string_view> arguments) {
  return further_target(arguments, 6);
}
std::size_t georadiusbymember_target(std::span<const std::string_view> arguments) {
  return further_target(arguments, 5);
}

void georadius(Context& context) {
  run(context, {.center = Center::kPlace, .store_option = true});
}
void georadius_ro(Context& context) {
  run(context, {.center = Center::kPlace});
}
void georadiusbymember(Context& context) {
  run(context, {.center = Center::kMember, .store_option = true});
}
void georadiusbymember_ro(Context& context) {
  run(context, {.center = Center::kMember});
}
void geosearch(Context& context) {
  run(context, {.center = Center::kOption});
}
void geosearchstore(Context& context) {
  run(context, {.center = Center::kOption, .stores = true});
}

}  // namespace terrace::commands
