// How the string commands get at strings: with the type checked and in the encoding they need.
#pragma once

#include <string_view>

#include "src/commands/context.h"
#include "src/types/string.h"

namespace terrace {

// True for no record and for a string; otherwise the error is replied.
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

// Replies the error if a string of `size` bytes may not get `more`.
inline bool check_string_size(Context& context, std::uint64_t size, std::uint64_t more) {
  if (types::size_allowed(size, more)) return true;
  context.reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

}  // namespace terrace
