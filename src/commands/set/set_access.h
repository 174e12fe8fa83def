// Access of the set commands to sets that they change.
#pragma once

#include "src/commands/shared/collection_access.h"
#include "src/types/set/set.h"

namespace terrace {

inline bool set_contains(const storage::Record* record, std::string_view member) {
  return record != nullptr && types::SetView(*record).contains(member);
}

// The set, marked as changed, or a new empty one in the encoding for its first member.
inline types::Set changed_set(Context& context, std::string_view key, storage::Record* record,
                              std::string_view first_member) {
  using storage::Encoding;
  using storage::ValueType;
  if (record != nullptr) {
    context.change(record);
  } else if (types::parse_integer(first_member)) {
    record = context.put(key, ValueType::kSet, Encoding::kIntset, types::Intset::empty());
  } else {
    record = context.put(key, ValueType::kSet, Encoding::kListpack, types::Listpack::empty());
  }
  return {types::SetInRecord(context.database(), record), collection_limits(context)};
}

// Members of the set of argument 1 were removed. `record`: nullptr if the key has gone with them.
inline void notify_removal(Context& context, std::string_view event, const storage::Record* record) {
  context.notify(kEventSet, event, context.argument(1));
  if (record == nullptr) context.notify(kEventGeneric, "del", context.argument(1));
}

// Removes these members, and the key with the last one; `record` is nullptr then. Returns how many were removed.
template <typename Members>
std::int64_t erase_members(Context& context, storage::Record*& record, const Members& members) {
  std::int64_t removed = 0;
  for (const std::string_view member : members) {
    if (!types::SetView(*record).contains(member)) continue;
    if (removed++ == 0) context.change(record);
    types::Set set(types::SetInRecord(context.database(), record), collection_limits(context));
    set.erase(member);
    record = set.holder().record();
    if (!set.empty()) continue;
    context.remove(record);
    record = nullptr;
    break;
  }
  return removed;
}

}  // namespace terrace
