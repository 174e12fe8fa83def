// put_value: gives a key a value that was copied, taken from another key, or restored, in place of any value it has.
#pragma once

#include <string_view>
#include <utility>

#include "src/execution/context.h"
#include "src/types/encoding/value.h"

namespace terrace {

inline void put_value(Context& context, std::string_view key, unsigned database, types::Value value) {
  storage::Record* record = value.object ? context.put(key, database, value.type, std::move(value.object))
                                         : context.put(key, database, value.type, value.encoding, value.bytes);
  if (value.expiry_ms != storage::kNoExpiry) context.set_expiry(record, value.expiry_ms, database);
}

}  // namespace terrace
