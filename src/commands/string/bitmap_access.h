// bit_offset_argument: the bitmap commands read the offset of a bit among their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/execution/context.h"
#include "src/text/number.h"
#include "storage/base/limits.h"

namespace terrace {

// The offset of a bit, within the largest size of a string. With `field_bits`, "#N" is the offset of the Nth field of
// so many bits. Nothing: the error is replied.
inline std::optional<std::uint64_t> bit_offset_argument(Context& context, std::size_t index, unsigned field_bits = 0) {
  std::string_view text = context.argument(index);
  const bool counts_fields = field_bits > 0 && text.starts_with('#');
  if (counts_fields) text.remove_prefix(1);
  const auto number = types::parse_integer(text);
  std::int64_t offset = 0;
  if (!number || __builtin_mul_overflow(*number, counts_fields ? field_bits : 1u, &offset) || offset < 0 ||
      static_cast<std::uint64_t>(offset) / 8 >= storage::kMaxValueSize) {
    context.reply.error("ERR bit offset is not an integer or out of range");
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(offset);
}

}  // namespace terrace
