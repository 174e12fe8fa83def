// What takes members off an end of a sorted set: ZPOPMIN, ZPOPMAX, ZMPOP and those of their kind that wait.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "src/execution/context.h"

namespace terrace {

enum class ZsetEnd : bool { kLowest, kHighest };

// Replies `count` members of what is a sorted set with at least as many, from an end on, each with its score, and takes
// them off; the key goes with the last. `nested`: each is an array of its own in an array of all; otherwise the array's
// head is the caller's.
void pop_scored_members(Context& context, storage::Record* record, ZsetEnd end, std::size_t count, bool nested);

// Puts the pop into the log as ZPOPMIN or ZPOPMAX of so many members.
void propagate_zset_pop(Context& context, std::string_view key, ZsetEnd end, std::size_t count);

struct ZsetPopping {
  ZsetEnd end;
  std::size_t most;
};

// ZMPOP's arguments from the number of keys at `index` on; nothing: the error is replied.
struct MultipleZsetPop {
  std::span<const std::string_view> keys;
  ZsetPopping popping;
};
std::optional<MultipleZsetPop> multiple_zset_pop_arguments(Context& context, std::size_t index);

// Pops from the first of these keys that is there, with reply and effect. False: none is, nothing is replied.
bool pop_first_sorted_set(Context& context, std::span<const std::string_view> keys, const ZsetPopping& popping);

}  // namespace terrace
