// Access of the commands on collections to their values: checks the type, creates a missing value.
#pragma once

#include <string_view>

#include "src/execution/context.h"
#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/listpack.h"

namespace terrace {

// True if there is no record or the record has this type; otherwise replies the error.
inline bool type_or_absent(Context& context, const storage::Record* record, storage::ValueType type) {
  if (record == nullptr || record->type() == type) return true;
  context.reply.wrong_type();
  return false;
}

inline const types::CollectionLimits& collection_limits(Context& context) {
  return context.limits;
}

// The record, marked as changed, or a new one of this type with an empty listpack.
inline storage::Record* changed_or_new(Context& context, std::string_view key, storage::Record* record,
                                       storage::ValueType type) {
  if (record == nullptr) return context.put(key, type, storage::Encoding::kListpack, types::Listpack::empty());
  context.change(record);
  return record;
}

}  // namespace terrace
