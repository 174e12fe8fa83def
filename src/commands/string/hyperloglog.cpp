// PFADD, PFCOUNT, PFMERGE.
#include <span>

#include "src/commands/shared/collection_access.h"
#include "src/commands/string/hyperloglog_access.h"
#include "src/commands/string/hyperloglog_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::HllObservation;
using types::HllRaise;
using types::HllRegisters;
using types::HyperLogLog;
using types::HyperLogLogView;
using Elements = std::span<const std::string_view>;

std::size_t max_sparse_bytes(Context& context) {
  return static_cast<std::size_t>(collection_limits(context).hll_sparse_max_bytes);
}

// Changes the registers in place: a copy of 12 KiB for each element would cost more than the rest.
void add_to_dense(Context& context, Record* record, Elements elements) {
  bool changed = false;
  for (const std::string_view element : elements) {
    const HllObservation seen = HllObservation::of(element);
    const std::size_t first = HyperLogLogView::kHeaderSize;
    if (types::dense_register(record->value() + first, seen.index) >= seen.rank) continue;
    if (!changed) {
      context.change(record);
      types::forget_hll_count(record->value());
      context.notify(kEventString, "pfadd", context.argument(1));
    }
    changed = true;
    types::set_dense_register(record->value() + first, seen.index, seen.rank);
  }
  context.reply.integer(changed ? 1 : 0);
}

// Stores the count with the key for later calls, unless writes are refused.
void keep_count(Context& context, std::string_view key, std::uint64_t count) {
  if (!context.may_change()) return;
  Record* record = context.write(key);
  context.change(record);
  record->set_kind(storage::ValueType::kString, storage::Encoding::kRaw);
  types::store_hll_count(record->value(), count);
}

void count_one(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (record == nullptr) return context.reply.integer(0);
  const auto view = hyperloglog_of(context, *record);
  if (!view) return;
  auto count = view->known_count();
  if (!count) {
    count = view->count();
    if (!count) return corrupt_hyperloglog(context);
    keep_count(context, context.argument(1), *count);
  }
  context.reply.integer(static_cast<std::int64_t>(*count));
}

// Merges the registers of these keys. False: the error is replied.
bool merge(Context& context, Elements keys, HllRegisters& registers, bool& dense) {
  for (const std::string_view key : keys) {
    const Record* record = context.read(key);
    if (record == nullptr) continue;
    const auto view = hyperloglog_of(context, *record);
    if (!view) return false;
    dense = dense || view->is_dense();
    if (view->merge_into(registers)) continue;
    corrupt_hyperloglog(context);
    return false;
  }
  return true;
}

}  // namespace

void pfadd(Context& context) {
  const std::string_view key = context.argument(1);
  const Elements elements = context.arguments.subspan(2);
  Record* record = context.write(key);
  HyperLogLog value;
  bool changed = record == nullptr;
  if (record != nullptr) {
    const auto view = hyperloglog_of(context, *record);
    if (!view) return;
    if (view->is_dense()) return add_to_dense(context, record, elements);
    value = HyperLogLog(record->bytes());
  }
  for (const std::string_view element : elements) {
    const HllRaise raised = value.raise(HllObservation::of(element), max_sparse_bytes(context));
    if (raised == HllRaise::kCorrupt) return corrupt_hyperloglog(context);
    changed = changed || raised == HllRaise::kRaised;
  }
  if (changed) {
    value.forget_count();
    store_hyperloglog(context, key, record, value.bytes());
    context.notify(kEventString, "pfadd", key);
  }
  context.reply.integer(changed ? 1 : 0);
}

void pfcount(Context& context) {
  if (context.arguments.size() == 2) return count_one(context);
  HllRegisters registers = {};
  bool dense = false;
  if (!merge(context, context.arguments.subspan(1), registers, dense)) return;
  context.reply.integer(static_cast<std::int64_t>(types::count_registers(registers)));
}

void pfmerge(Context& context) {
  const std::string_view key = context.argument(1);
  HllRegisters registers = {};
  bool dense = false;
  if (!merge(context, context.arguments.subspan(1), registers, dense)) return;
  Record* record = context.write(key);
  HyperLogLog value;
  if (record != nullptr) value = HyperLogLog(record->bytes());
  if (dense && !value.make_dense()) return corrupt_hyperloglog(context);
  // Sets one register after the other: the sparse form then has the same runs as in Redis.
  for (std::uint32_t i = 0; i < types::kHllRegisters; ++i) {
    if (registers[i] == 0) continue;
    if (value.raise({i, registers[i]}, max_sparse_bytes(context)) == HllRaise::kCorrupt) {
      return corrupt_hyperloglog(context);
    }
  }
  value.forget_count();
  store_hyperloglog(context, key, record, value.bytes());
  context.notify(kEventString, "pfadd", key);
  context.reply.ok();
}

}  // namespace terrace::commands
