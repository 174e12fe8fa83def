// What the commands that pop members share: ZPOPMIN, ZPOPMAX, ZMPOP and their blocking variants.
// Ownership: no state. Thread: the reactor's.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "src/execution/context.h"

namespace terrace {

enum class ZsetEnd : bool { kLowest, kHighest };

// Replies `count` members from an end with their scores and removes them; the sorted set must have as many. Removes the
// key with the last member. `nested`: the reply is an array of pairs; otherwise the caller replies the array's header.
void pop_scored_members(Context& context, storage::Record* record, ZsetEnd end, std::size_t count, bool nested);

// Propagates ZPOPMIN or ZPOPMAX of so many members.
void propagate_zset_pop(Context& context, std::string_view key, ZsetEnd end, std::size_t count);

struct ZsetPopping {
  ZsetEnd end;
  std::size_t most;
};

// The arguments of ZMPOP from the number of keys at `index` on. Nothing: the error is replied.
struct MultipleZsetPop {
  std::span<const std::string_view> keys;
  ZsetPopping popping;
};
std::optional<MultipleZsetPop> multiple_zset_pop_arguments(Context& context, std::size_t index);

// Pops from the first of these keys that exists, replies and propagates. False: none exists; nothing is replied.
bool pop_first_sorted_set(Context& context, std::span<const std::string_view> keys, const ZsetPopping& popping);

}  // namespace terrace
