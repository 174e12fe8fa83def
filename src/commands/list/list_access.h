// What the list commands share: access to lists that they change, and ranges of indices.
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

// The elements from `begin` to before `end`.
struct ListRange {
  std::size_t begin;
  std::size_t end;
  std::size_t size() const { return end - begin; }
};

// The range of LRANGE and LTRIM: it includes both ends, negative indices count from the end of the list, and what lies
// outside the list is cut off.
inline ListRange list_range(std::int64_t start, std::int64_t stop, std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  if (start < 0) start = std::max<std::int64_t>(start + all, 0);
  if (stop < 0) stop += all;
  stop = std::min(stop, all - 1);
  if (start > stop) return {0, 0};
  return {static_cast<std::size_t>(start), static_cast<std::size_t>(stop) + 1};
}

// The position of an index, which counts from the end if it is negative; `size` if it lies outside the list.
inline std::size_t list_index(std::int64_t index, std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  if (index < 0) index += all;
  return index < 0 || index >= all ? size : static_cast<std::size_t>(index);
}

}  // namespace terrace
