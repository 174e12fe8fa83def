// How the hash commands get at their hashes, without the fields that have expired.
#pragma once

#include "src/commands/shared/collection_access.h"
#include "src/types/hash/hash.h"

namespace terrace {

// While the log is replayed no field has expired: that the log says by itself.
inline types::HashView hash_view(const Context& context, const storage::Record& record) {
  return {record, context.replaying() ? types::kBeforeAnyTime : context.now_ms};
}

// For the command that changes the hash of argument 1, the record, nullptr if there is none: those of `fields`, every
// `step`-th, that have expired are gone. False: the error is replied.
inline bool find_hash_to_change(Context& context, storage::Record*& record, std::span<const std::string_view> fields,
                                std::size_t step = 1) {
  record = context.write(context.argument(1));
  if (!type_or_absent(context, record, storage::ValueType::kHash)) return false;
  if (record != nullptr) record = context.remove_expired_fields(record, fields, step);
  return true;
}

// The hash, marked as changed, or a new one in its place. It must get a field.
inline types::Hash changed_hash(Context& context, storage::Record* record) {
  record = changed_or_new(context, context.argument(1), record, storage::ValueType::kHash);
  return {context.database(), record, collection_limits(context)};
}

}  // namespace terrace
