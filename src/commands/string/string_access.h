// Access of the string commands to strings: checks the type and gives the encoding that an edit needs.
#pragma once

#include <algorithm>
#include <cstring>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/string/string.h"

namespace terrace {

// True if there is no record or the record is a string; otherwise replies the error.
inline bool string_or_absent(Context& context, const storage::Record* record) {
  if (record == nullptr || record->type() == storage::ValueType::kString) return true;
  context.reply.wrong_type();
  return false;
}

inline void reply_string(Reply& reply, const storage::Record& record) {
  if (record.encoding() == storage::Encoding::kInteger) {
    reply.bulk_integer(types::stored_integer(record));
  } else {
    reply.bulk(record.bytes());
  }
}

inline storage::Record* put_string(Context& context, std::string_view key, const types::EncodedString& string,
                                   bool keep_expiry = false) {
  return context.put(key, storage::ValueType::kString, string.encoding(), string.bytes(), keep_expiry);
}

// May a string of `size` bytes grow by `more`? Otherwise the error is replied.
inline bool check_string_size(Context& context, std::uint64_t size, std::uint64_t more) {
  if (types::size_allowed(size, more)) return true;
  context.reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

// Gives a string the encoding "raw" and `size` bytes, the new ones uninitialised: it can be edited in place then.
inline storage::Record* make_raw(Context& context, storage::Record* record, std::size_t size,
                                 KeyEvent event = KeyEvent::kChanged) {
  const types::StringText text(*record);
  const bool integer = record->encoding() == storage::Encoding::kInteger;
  record = context.resize(record, static_cast<std::uint32_t>(size), event);
  if (integer) std::memcpy(record->value(), text.view().data(), std::min(size, text.view().size()));
  record->set_kind(storage::ValueType::kString, storage::Encoding::kRaw);
  return record;
}

// A string whose first `size` bytes can be edited in place: a missing one is created, a shorter one extended by zeros.
// check_string_size() must have returned true.
// The memory that a string needs to become so large. False: the handler must return (Context::take_memory).
inline bool take_growth(Context& context, const storage::Record* record, std::uint64_t size) {
  const std::uint64_t now = record == nullptr ? 0 : types::string_size(*record);
  return context.take_memory(size - std::min(now, size));
}

inline storage::Record* at_least_raw(Context& context, std::string_view key, storage::Record* record,
                                     std::size_t size) {
  if (record == nullptr) record = context.put(key, storage::ValueType::kString, storage::Encoding::kRaw, {});
  const std::size_t old_size = types::string_size(*record);
  record = make_raw(context, record, std::max(old_size, size));
  if (size > old_size) std::memset(record->value() + old_size, 0, size - old_size);
  return record;
}

}  // namespace terrace
