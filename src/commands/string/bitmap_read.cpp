// The bitmap commands that read bits: GETBIT, BITCOUNT, BITPOS.
#include <algorithm>
#include <optional>

#include "src/commands/shared/argument.h"
#include "src/commands/string/bitmap_access.h"
#include "src/commands/string/bitmap_handlers.h"
#include "src/commands/string/string_access.h"
#include "src/types/string/bitmap.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::BitRange;

enum class Unit : std::uint8_t { kByte, kBit };

// BYTE or BIT, if the argument is there.
std::optional<Unit> unit_argument(Context& context, std::size_t index) {
  if (index >= context.arguments.size() || is_option(context.argument(index), "BYTE")) return Unit::kByte;
  if (is_option(context.argument(index), "BIT")) return Unit::kBit;
  context.reply.syntax_error();
  return std::nullopt;
}

// The range of bits from `first` to `last`, cut to the string. Negative numbers count from its end.
std::optional<BitRange> bits_between(std::int64_t first, std::int64_t last, Unit unit, std::size_t string_size) {
  const auto size = static_cast<std::int64_t>(unit == Unit::kBit ? string_size * 8 : string_size);
  if (first < 0) first = std::max<std::int64_t>(size + first, 0);
  if (last < 0) last = std::max<std::int64_t>(size + last, 0);
  last = std::min(last, size - 1);
  if (first > last) return std::nullopt;
  const auto from = static_cast<std::uint64_t>(first);
  const auto to = static_cast<std::uint64_t>(last);
  return unit == Unit::kBit ? BitRange{from, to} : BitRange{from * 8, to * 8 + 7};
}

}  // namespace

void getbit(Context& context) {
  const auto offset = bit_offset_argument(context, 2);
  if (!offset) return;
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  context.reply.integer(record != nullptr && types::bit_at(types::StringText(*record).view(), *offset) ? 1 : 0);
}

void bitcount(Context& context) {
  const std::size_t count = context.arguments.size();
  if (count == 3 || count > 5) return context.reply.syntax_error();
  const auto first = count > 2 ? integer_argument(context, 2) : 0;
  if (!first) return;
  const auto last = count > 2 ? integer_argument(context, 3) : -1;
  if (!last) return;
  const auto unit = unit_argument(context, 4);
  if (!unit) return;
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  // Also where both begin before the string, and would be cut to the same byte.
  if (record == nullptr || (*first < 0 && *last < 0 && *first > *last)) return context.reply.integer(0);
  const types::StringText text(*record);
  const std::string_view bytes = text.view();
  const auto range = bits_between(*first, *last, *unit, bytes.size());
  context.reply.integer(range ? static_cast<std::int64_t>(types::count_bits(bytes, *range)) : 0);
}

void bitpos(Context& context) {
  const std::size_t count = context.arguments.size();
  const auto bit = integer_argument(context, 2);
  if (!bit) return;
  if (*bit != 0 && *bit != 1) return context.reply.error("ERR The bit argument must be 1 or 0.");
  if (count > 6) return context.reply.syntax_error();
  const auto first = count > 3 ? integer_argument(context, 3) : 0;
  if (!first) return;
  const auto unit = unit_argument(context, 5);
  if (!unit) return;
  const auto last = count > 4 ? integer_argument(context, 4) : -1;
  if (!last) return;
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  if (record == nullptr) return context.reply.integer(*bit == 1 ? -1 : 0);
  const types::StringText text(*record);
  const std::string_view bytes = text.view();
  const auto range = bits_between(*first, *last, *unit, bytes.size());
  if (!range) return context.reply.integer(-1);
  if (const auto found = types::find_bit(bytes, *range, *bit == 1)) {
    return context.reply.integer(static_cast<std::int64_t>(*found));
  }
  // Without an end argument, the string counts as followed by zeros.
  const bool open = *bit == 0 && count < 5;
  context.reply.integer(open ? static_cast<std::int64_t>(bytes.size() * 8) : -1);
}

}  // namespace terrace::commands
