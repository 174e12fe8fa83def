// Access of the hash commands to their hashes, without the fields that have expired.
#pragma once

#include "src/commands/shared/collection_access.h"
#include "src/types/hash/hash.h"

namespace terrace {

// In replay no field counts as expired: the log has an effect for each expired field.
inline types::HashView hash_view(const Context& context, const storage::Record& record) {
  return {record, context.replaying() ? types::kBeforeAnyTime : context.now_ms};
}

// Finds the hash of argument 1 for a command that changes it, and removes those of `fields` (of every `step`-th) that
// have expired. The record is nullptr if there is no hash. False: the error is replied.
inline bool find_hash_to_change(Context& context, storage::Record*& record, std::span<const std::string_view> fields,
                                std::size_t step = 1) {
  record = context.write(context.argument(1));
  if (!type_or_absent(context, record, storage::ValueType::kHash)) return false;
  if (record != nullptr) record = context.remove_expired_fields(record, fields, step);
  return true;
}

// The hash, marked as changed, or a new one, to which a field must be added.
inline types::Hash changed_hash(Context& context, storage::Record* record) {
  record = changed_or_new(context, context.argument(1), record, storage::ValueType::kHash);
  return {context.database(), record, collection_limits(context)};
}

}  // namespace terrace
