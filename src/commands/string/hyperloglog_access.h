// Access of the HyperLogLog commands to their values: checks the bytes of the string, and stores new ones.
#pragma once

#include <cstring>
#include <optional>
#include <string_view>

#include "src/commands/string/string_access.h"
#include "src/types/string/hyperloglog.h"

namespace terrace {

// The HyperLogLog of the record. Nothing: the error is replied.
inline std::optional<types::HyperLogLogView> hyperloglog_of(Context& context, const storage::Record& record) {
  if (!string_or_absent(context, &record)) return std::nullopt;
  std::optional<types::HyperLogLogView> view;
  if (record.encoding() != storage::Encoding::kInteger) view = types::HyperLogLogView::of(record.bytes());
  if (!view) context.reply.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return view;
}

inline void corrupt_hyperloglog(Context& context) {
  context.reply.error("INVALIDOBJ Corrupted HLL object detected");
}

// Gives the record, or the key if there is no record, these bytes. The expiry stays.
inline void store_hyperloglog(Context& context, std::string_view key, storage::Record* record, std::string_view bytes,
                              KeyEvent event = KeyEvent::kChanged) {
  using storage::Encoding;
  using storage::ValueType;
  if (record == nullptr) {
    context.put(key, ValueType::kString, Encoding::kRaw, bytes);
    return;
  }
  record = context.resize(record, static_cast<std::uint32_t>(bytes.size()), event);
  record->set_kind(ValueType::kString, Encoding::kRaw);
  std::memcpy(record->value(), bytes.data(), bytes.size());
}

}  // namespace terrace
