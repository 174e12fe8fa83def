// The set commands that combine several sets and reply, count or store the result: SDIFF, SINTER, SUNION.
#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "src/commands/set/set_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/shared/put_value.h"
#include "src/types/set/set.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::NewSet;
using types::SetView;

// Nothing: the key is absent, which counts as an empty set.
using Source = std::optional<SetView>;
using Keys = std::span<const std::string_view>;

std::size_t size_of(const Source& source) {
  return source ? source->size() : 0;
}
bool contains(const Source& source, std::string_view member) {
  return source && source->contains(member);
}
bool larger(const Source& a, const Source& b) {
  return size_of(a) > size_of(b);
}
bool smaller(const Source& a, const Source& b) {
  return size_of(a) < size_of(b);
}

// Finds the sets of these keys. False: one of them is not a set; the error is replied.
bool find_sets(Context& context, Keys keys, std::vector<Source>& sources, std::vector<std::uint64_t>* sizes = nullptr) {
  for (const std::string_view key : keys) {
    const Record* record = context.read(key);
    if (!type_or_absent(context, record, ValueType::kSet)) return false;
    sources.push_back(record ? Source(*record) : std::nullopt);
    if (sizes != nullptr) sizes->push_back(record ? Record::footprint(record) : 0);
  }
  return true;
}

// Visits the members that all sets have, until visit() returns false.
template <typename Visit>
void intersect(std::vector<Source> sources, const Visit& visit) {
  std::sort(sources.begin(), sources.end(), smaller);
  if (size_of(sources.front()) == 0) return;
  const auto others = std::span(sources).subspan(1);
  bool more = true;
  std::uint64_t cursor = 0;
  do {
    cursor = sources.front()->scan(cursor, [&](std::string_view member) {
      if (!more) return;
      const auto has_member = [member](const Source& source) { return contains(source, member); };
      if (std::all_of(others.begin(), others.end(), has_member)) more = visit(member);
    });
  } while (cursor != 0 && more);
}

// Visits the members of the first set that no other has, until visit() returns false.
template <typename Visit>
void subtract_until(const std::vector<Source>& sources, const Visit& visit) {
  if (!sources.front()) return;
  const auto others = std::span(sources).subspan(1);
  bool more = true;
  std::uint64_t cursor = 0;
  do {
    cursor = sources.front()->scan(cursor, [&](std::string_view member) {
      if (!more) return;
      const auto has_member = [member](const Source& source) { return contains(source, member); };
      if (std::none_of(others.begin(), others.end(), has_member)) more = visit(member);
    });
  } while (cursor != 0 && more);
}

void intersect_into(std::vector<Source>& sources, NewSet& result) {
  intersect(sources, [&result](std::string_view member) {
    result.add(member);
    return true;
  });
}

void unite(std::vector<Source>& sources, NewSet& result) {
  for (const Source& source : sources) {
    if (source) source->for_each([&result](std::string_view member) { result.add(member); });
  }
}

// Either looks each member of the first set up in the others, or removes the members of the others from a copy of it.
// Chooses as Redis does: the encoding of the result depends on it.
void subtract(std::vector<Source>& sources, NewSet& result) {
  if (!sources.front()) return;
  const auto others = std::span(sources).subspan(1);
  std::size_t look_ups = 0, removals = 0;
  for (const Source& source : sources) {
    if (source) look_ups += size_of(sources.front());
    removals += size_of(source);
  }
  if (look_ups / 2 <= removals) {
    std::sort(others.begin(), others.end(), larger);
    return sources.front()->for_each([&](std::string_view member) {
      const auto has_member = [member](const Source& source) { return contains(source, member); };
      if (std::none_of(others.begin(), others.end(), has_member)) result.add(member);
    });
  }
  sources.front()->for_each([&result](std::string_view member) { result.add(member); });
  for (const Source& source : others) {
    if (source) source->for_each([&result](std::string_view member) { result.erase(member); });
  }
}

struct Operation {
  void (*combine)(std::vector<Source>& sources, NewSet& result);
  // The most bytes that the result may take, by those of the sources.
  std::uint64_t (*memory)(std::span<const std::uint64_t> sizes);
};

constexpr Operation kUnion = {unite, [](std::span<const std::uint64_t> sizes) {
                                return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
                              }};
constexpr Operation kIntersection = {
    intersect_into, [](std::span<const std::uint64_t> sizes) { return *std::min_element(sizes.begin(), sizes.end()); }};
constexpr Operation kDifference = {subtract, [](std::span<const std::uint64_t> sizes) { return sizes.front(); }};

// Combines the sets of these keys. False: the handler must return.
bool combine(Context& context, const Operation& operation, Keys keys, NewSet& result) {
  std::vector<Source> sources;
  std::vector<std::uint64_t> sizes;
  if (!find_sets(context, keys, sources, &sizes) || !context.take_memory(operation.memory(sizes))) return false;
  operation.combine(sources, result);
  return true;
}

void reply_result(Context& context, const Operation& operation) {
  NewSet result(types::SetInValue(), collection_limits(context));
  if (!combine(context, operation, context.arguments.subspan(1), result)) return;
  context.reply.set(result.view().size());
  result.view().for_each([&context](std::string_view member) { context.reply.bulk(member); });
}

void store_result(Context& context, const Operation& operation, std::string_view event) {
  const std::string_view key = context.argument(1);
  NewSet result(types::SetInValue(), collection_limits(context));
  if (!combine(context, operation, context.arguments.subspan(2), result)) return;
  const std::size_t size = result.view().size();
  if (size > 0) {
    put_value(context, key, context.database_number(), result.holder().take());
    context.notify(kEventSet, event, key);
  } else if (Record* record = context.write(key)) {
    context.remove(record);
    context.notify(kEventGeneric, "del", key);
  }
  context.reply.integer(static_cast<std::int64_t>(size));
}

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

struct CountRequest {
  Keys keys;
  std::uint64_t limit = kNoLimit;
};

// `approx`: the option APPROX is allowed. What it asks for may be exact, and is.
std::optional<CountRequest> parse_count_request(Context& context, bool approx = false) {
  const auto fail = [&context](std::string_view error) {
    context.reply.error(error);
    return std::nullopt;
  };
  const auto count = types::parse_integer(context.argument(1));
  if (!count || *count < 1) return fail("ERR numkeys should be greater than 0");
  const auto arguments = context.arguments.subspan(2);
  if (static_cast<std::uint64_t>(*count) > arguments.size()) {
    return fail("ERR Number of keys can't be greater than number of args");
  }
  CountRequest request{arguments.first(static_cast<std::size_t>(*count))};
  for (std::size_t i = request.keys.size(); i < arguments.size(); i += 2) {
    if (approx && is_option(arguments[i], "APPROX")) {
      --i;
      continue;
    }
    if (!is_option(arguments[i], "LIMIT") || i + 1 == arguments.size()) return fail("ERR syntax error");
    const auto limit = types::parse_integer(arguments[i + 1]);
    if (!limit || *limit < 0) return fail("ERR LIMIT can't be negative");
    request.limit = *limit == 0 ? kNoLimit : static_cast<std::uint64_t>(*limit);
  }
  return request;
}

}  // namespace

void sdiff(Context& context) {
  reply_result(context, kDifference);
}
void sdiffstore(Context& context) {
  store_result(context, kDifference, "sdiffstore");
}
void sinterstore(Context& context) {
  store_result(context, kIntersection, "sinterstore");
}
void sunion(Context& context) {
  reply_result(context, kUnion);
}
void sunionstore(Context& context) {
  store_result(context, kUnion, "sunionstore");
}

// SINTER replies members as they are found: no member comes twice.
void sinter(Context& context) {
  std::vector<Source> sources;
  if (!find_sets(context, context.arguments.subspan(1), sources)) return;
  ReplyPart part(context.reply);
  Reply& writer = part.reply();
  std::size_t count = 0;
  intersect(std::move(sources), [&](std::string_view member) {
    writer.bulk(member);
    ++count;
    return true;
  });
  context.reply.set(count);
  part.append_to_whole();
}

void sdiffcard(Context& context) {
  const auto request = parse_count_request(context);
  if (!request) return;
  std::vector<Source> sources;
  if (!find_sets(context, request->keys, sources)) return;
  std::uint64_t count = 0;
  subtract_until(sources, [&](std::string_view) { return ++count < request->limit; });
  context.reply.integer(static_cast<std::int64_t>(count));
}

// A member of several sets counts in the last of them: no member need be kept.
void sunioncard(Context& context) {
  const auto request = parse_count_request(context, true);
  if (!request) return;
  std::vector<Source> sources;
  if (!find_sets(context, request->keys, sources)) return;
  std::sort(sources.begin(), sources.end(), smaller);
  std::uint64_t count = size_of(sources.back());
  for (; sources.size() > 1 && count < request->limit; sources.erase(sources.begin())) {
    subtract_until(sources, [&](std::string_view) { return ++count < request->limit; });
  }
  context.reply.integer(static_cast<std::int64_t>(std::min(count, request->limit)));
}

void sintercard(Context& context) {
  const auto request = parse_count_request(context);
  if (!request) return;
  std::vector<Source> sources;
  if (!find_sets(context, request->keys, sources)) return;
  std::uint64_t count = 0;
  intersect(std::move(sources), [&](std::string_view) { return ++count < request->limit; });
  context.reply.integer(static_cast<std::int64_t>(count));
}

}  // namespace terrace::commands
