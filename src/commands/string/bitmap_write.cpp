// The bitmap commands that change bits: SETBIT, BITOP.
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/string/bitmap_access.h"
#include "src/commands/string/bitmap_handlers.h"
#include "src/commands/string/string_access.h"
#include "src/types/string/bitmap.h"

namespace terrace::commands {
namespace {

using storage::Encoding;
using storage::Record;
using storage::ValueType;
using types::BitOperation;

struct NamedOperation {
  std::string_view name;
  BitOperation operation;
  bool needs_two;  // it treats the first source differently and needs a second one
};

constexpr NamedOperation kOperations[] = {
    {"AND", BitOperation::kAnd, false},    {"OR", BitOperation::kOr, false},    {"XOR", BitOperation::kXor, false},
    {"NOT", BitOperation::kNot, false},    {"DIFF", BitOperation::kDiff, true}, {"DIFF1", BitOperation::kDiff1, true},
    {"ANDOR", BitOperation::kAndOr, true}, {"ONE", BitOperation::kOne, false},
};

std::optional<BitOperation> operation_argument(Context& context) {
  const std::size_t sources = context.arguments.size() - 3;
  for (const NamedOperation& each : kOperations) {
    if (!is_option(context.argument(1), each.name)) continue;
    if (each.operation == BitOperation::kNot && sources != 1) {
      context.reply.error("ERR BITOP NOT must be called with a single source key.");
      return std::nullopt;
    }
    if (each.needs_two && sources < 2) {
      context.reply.error("ERR BITOP " + std::string(each.name) + " must be called with at least two source keys.");
      return std::nullopt;
    }
    return each.operation;
  }
  context.reply.syntax_error();
  return std::nullopt;
}

// Writes directly into the target, unless it is one of the sources: a large value is then written only once.
void put_combination(Context& context, std::string_view target, BitOperation operation,
                     std::span<const std::string_view> sources, std::size_t size) {
  const auto source_keys = context.arguments.subspan(3);
  if (std::find(source_keys.begin(), source_keys.end(), target) == source_keys.end()) {
    Record* record = context.put(target, ValueType::kString, Encoding::kRaw, {});
    record = context.resize(record, static_cast<std::uint32_t>(size));
    types::combine_bits(operation, sources, record->value(), size);
    return;
  }
  const auto result = std::make_unique_for_overwrite<char[]>(size);
  types::combine_bits(operation, sources, result.get(), size);
  context.put(target, ValueType::kString, Encoding::kRaw, {result.get(), size});
}

}  // namespace

void setbit(Context& context) {
  const auto offset = bit_offset_argument(context, 2);
  if (!offset) return;
  const auto bit = types::parse_integer(context.argument(3));
  if (!bit || (*bit != 0 && *bit != 1)) return context.reply.error("ERR bit is not an integer or out of range");
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  if (record != nullptr && *offset / 8 < types::string_size(*record) &&
      types::bit_at(types::StringText(*record).view(), *offset) == (*bit == 1)) {
    // As in redis-server, writing the same bit is logged, but breaks no WATCH.
    make_raw(context, record, types::string_size(*record), KeyEvent::kUnseen);
    return context.reply.integer(*bit);
  }
  const std::uint64_t size = *offset / 8 + 1;
  if (!take_growth(context, record, size)) return;
  record = at_least_raw(context, key, record, size);
  context.reply.integer(types::bit_at(record->bytes(), *offset) ? 1 : 0);
  types::set_bit(record->value(), *offset, *bit == 1);
  context.notify(kEventString, "setbit", key);
}

void bitop(Context& context) {
  const auto operation = operation_argument(context);
  if (!operation) return;
  std::vector<types::StringText> texts;  // with the digits of integers; must not move
  texts.reserve(context.arguments.size());
  std::vector<std::string_view> sources;
  std::size_t size = 0;
  for (const std::string_view key : context.arguments.subspan(3)) {
    const Record* record = context.read(key);
    if (!string_or_absent(context, record)) return;
    sources.push_back(record == nullptr ? std::string_view() : texts.emplace_back(*record).view());
    size = std::max(size, sources.back().size());
  }
  if (!context.take_memory(size)) return;
  const std::string_view target = context.argument(2);
  if (size > 0) {
    put_combination(context, target, *operation, sources, size);
    context.notify(kEventString, "set", target);
  } else if (Record* old = context.write(target)) {
    context.remove(old);
    context.notify(kEventGeneric, "del", target);
  }
  context.reply.integer(static_cast<std::int64_t>(size));
}

}  // namespace terrace::commands
