// What the list commands share: lists to be changed, ranges of indices.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "src/commands/shared/collection_access.h"
#include "src/types/list/list.h"

namespace terrace {

inline types::List changed_list(Context& context, std::string_view key, storage::Record* record) {
  record = changed_or_new(context, key, record, storage::ValueType::kList);
  return {context.database(), record, collection_limits(context)};
}

// Elements from `begin` up to `end`.
struct ListRange {
  std::size_t begin;
  std::size_t end;
  std::size_t size() const { return end - begin; }
};

// As LRANGE and LTRIM mean it: both ends belong to it, negative ones count from behind; what is outside is cut off.
inline ListRange list_range(std::int64_t start, std::int64_t stop, std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  if (start < 0) start = std::max<std::int64_t>(start + all, 0);
  if (stop < 0) stop += all;
  stop = std::min(stop, all - 1);
  if (start > stop) return {0, 0};
  return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop) + 1};
}

// The place of an index that may count from behind; size() if there is none.
inline std::size_t list_index(std::int64_t index, std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  if (index < 0) index += all;
  return index < 0 || index >= all ? size : static_cast<std::size_t>(index);
}

}  // namespace terrace
