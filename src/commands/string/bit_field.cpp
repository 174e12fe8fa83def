// BITFIELD and BITFIELD_RO: read and change integers of any width in the bits of a string.
#include "src/types/string/bit_field.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/string/bitmap_access.h"
#include "src/commands/string/bitmap_handlers.h"
#include "src/commands/string/string_access.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::BitFieldType;
using types::Overflow;

struct Operation {
  enum class Kind : std::uint8_t { kGet, kSet, kIncrement } kind;
  BitFieldType type;
  Overflow overflow;
  std::uint64_t offset;
  std::int64_t operand;  // the new number, or the increment

  // The bytes that the string needs for the field.
  std::uint64_t end() const { return (offset + type.bits - 1) / 8 + 1; }
};

std::optional<Overflow> overflow_argument(Context& context, std::size_t index) {
  const std::string_view word = context.argument(index);
  if (is_option(word, "WRAP")) return Overflow::kWrap;
  if (is_option(word, "SAT")) return Overflow::kSaturate;
  if (is_option(word, "FAIL")) return Overflow::kFail;
  context.reply.error("ERR Invalid OVERFLOW type specified");
  return std::nullopt;
}

std::optional<Operation::Kind> kind_argument(Context& context, std::size_t index) {
  const std::string_view word = context.argument(index);
  const std::size_t following = context.arguments.size() - index - 1;
  if (is_option(word, "GET") && following >= 2) return Operation::Kind::kGet;
  if (is_option(word, "SET") && following >= 3) return Operation::Kind::kSet;
  if (is_option(word, "INCRBY") && following >= 3) return Operation::Kind::kIncrement;
  context.reply.syntax_error();
  return std::nullopt;
}

// Reads one operation at `index` and moves `index` behind it.
std::optional<Operation> operation_argument(Context& context, std::size_t& index, Overflow overflow) {
  const auto kind = kind_argument(context, index);
  if (!kind) return std::nullopt;
  const auto type = BitFieldType::parse(until_nul(context.argument(index + 1)));
  if (!type) {
    context.reply.error(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    return std::nullopt;
  }
  const auto offset = bit_offset_argument(context, index + 2, type->bits);
  if (!offset) return std::nullopt;
  std::optional<std::int64_t> operand = 0;
  if (*kind != Operation::Kind::kGet) operand = integer_argument(context, index + 3);
  if (!operand) return std::nullopt;
  index += *kind == Operation::Kind::kGet ? 3 : 4;
  return Operation{*kind, *type, overflow, *offset, *operand};
}

// Reads all operations. An OVERFLOW applies to those behind it. False: the error is replied.
bool parse_operations(Context& context, std::vector<Operation>& operations) {
  Overflow overflow = Overflow::kWrap;
  std::size_t index = 2;
  while (index < context.arguments.size()) {
    if (is_option(context.argument(index), "OVERFLOW") && index + 1 < context.arguments.size()) {
      const auto chosen = overflow_argument(context, index + 1);
      if (!chosen) return false;
      overflow = *chosen;
      index += 2;
      continue;
    }
    const auto operation = operation_argument(context, index, overflow);
    if (!operation) return false;
    operations.push_back(*operation);
  }
  return true;
}

bool only_reads(const std::vector<Operation>& operations) {
  return std::all_of(operations.begin(), operations.end(),
                     [](const Operation& operation) { return operation.kind == Operation::Kind::kGet; });
}

void read_fields(Context& context, const std::vector<Operation>& operations) {
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  std::optional<types::StringText> text;
  if (record != nullptr) text.emplace(*record);
  const std::string_view bytes = text ? text->view() : std::string_view();
  context.reply.array(operations.size());
  for (const Operation& operation : operations) {
    context.reply.integer(types::read_bit_field(bytes, operation.type, operation.offset));
  }
}

enum class Outcome : std::uint8_t { kNothing, kWritten, kChanged };

// Runs one operation and replies its result. kWritten: the field has the value that it had.
Outcome run(Context& context, Record* record, const Operation& operation) {
  const std::int64_t old = types::read_bit_field(record->bytes(), operation.type, operation.offset);
  if (operation.kind == Operation::Kind::kGet) {
    context.reply.integer(old);
    return Outcome::kNothing;
  }
  const bool sets = operation.kind == Operation::Kind::kSet;
  const auto number = sets ? types::fit_bit_field(operation.type, operation.operand, operation.overflow)
                           : types::add_to_bit_field(operation.type, old, operation.operand, operation.overflow);
  if (!number) {
    context.reply.null();
    return Outcome::kNothing;
  }
  types::write_bit_field(record->value(), operation.type, operation.offset, *number);
  context.reply.integer(sets ? old : *number);
  return *number != old ? Outcome::kChanged : Outcome::kWritten;
}

// Runs the operations. The string is extended first, even if an overflow then prevents every write.
void change_fields(Context& context, const std::vector<Operation>& operations) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  std::uint64_t size = 0;
  for (const Operation& operation : operations) {
    if (operation.kind != Operation::Kind::kGet) size = std::max(size, operation.end());
  }
  if (!take_growth(context, record, size)) return;
  // As in redis-server, a field that begins within the largest string may end beyond it.
  const bool fits = record != nullptr && size <= types::string_size(*record);
  record = fits ? make_raw(context, record, types::string_size(*record), KeyEvent::kUnseen)
                : at_least_raw(context, key, record, size);
  context.reply.array(operations.size());
  Outcome outcome = Outcome::kNothing;
  for (const Operation& operation : operations) outcome = std::max(outcome, run(context, record, operation));
  // As in redis-server, writing the same numbers is logged, but breaks no WATCH.
  if (fits && outcome == Outcome::kChanged) context.change(record);
  if (outcome == Outcome::kChanged || (!fits && outcome == Outcome::kWritten))
    context.notify(kEventString, "setbit", key);
}

}  // namespace

// As Redis does, decides by the words of the operations, up to the first one that writes or is unknown.
std::string_view bitfield_key_flags(std::span<const std::string_view> arguments) {
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::size_t following = arguments.size() - i - 1;
    if (is_option(arguments[i], "GET") && following >= 2) {
      i += 2;
    } else if (is_option(arguments[i], "OVERFLOW") && following >= 1) {
      i += 1;
    } else {
      return "RW access update";
    }
  }
  return "RO access";
}

void bitfield(Context& context) {
  std::vector<Operation> operations;
  if (!parse_operations(context, operations)) return;
  if (only_reads(operations)) return read_fields(context, operations);
  change_fields(context, operations);
}

void bitfield_ro(Context& context) {
  std::vector<Operation> operations;
  if (!parse_operations(context, operations)) return;
  if (!only_reads(operations)) return context.reply.error("ERR BITFIELD_RO only supports the GET subcommand");
  read_fields(context, operations);
}

}  // namespace terrace::commands
