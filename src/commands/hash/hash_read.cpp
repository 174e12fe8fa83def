// The hash commands that read hashes.
#include "src/commands/hash/hash_access.h"
#include "src/commands/hash/hash_handlers.h"
#include "src/commands/shared/element_scan.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::HashView;

// Finds the hash of argument 1, nullptr if the key is absent. False: the error is replied.
bool find_hash(Context& context, const Record*& record) {
  record = context.read(context.argument(1));
  return type_or_absent(context, record, ValueType::kHash);
}

void reply_value(Context& context, const Record* record, std::string_view field) {
  const auto value = record == nullptr ? std::nullopt : hash_view(context, *record).find(field);
  if (value) {
    context.reply.bulk(value->view());
  } else {
    context.reply.null();
  }
}

}  // namespace

void hget(Context& context) {
  const Record* record;
  if (find_hash(context, record)) reply_value(context, record, context.argument(2));
}

void hmget(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  context.reply.array(context.arguments.size() - 2);
  for (const std::string_view field : context.arguments.subspan(2)) reply_value(context, record, field);
}

void hexists(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  context.reply.integer(record != nullptr && hash_view(context, *record).contains(context.argument(2)) ? 1 : 0);
}

void hlen(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  context.reply.integer(record == nullptr ? 0 : static_cast<std::int64_t>(hash_view(context, *record).size()));
}

void hstrlen(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  const auto value = record == nullptr ? std::nullopt : hash_view(context, *record).find(context.argument(2));
  context.reply.integer(value ? static_cast<std::int64_t>(value->view().size()) : 0);
}

void hgetall(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  if (record == nullptr) return context.reply.map(0);
  const HashView hash = hash_view(context, *record);
  context.reply.map(hash.size());
  hash.for_each([&context](std::string_view field, std::string_view value) {
    context.reply.bulk(field);
    context.reply.bulk(value);
  });
}

void hkeys(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  if (record == nullptr) return context.reply.array(0);
  const HashView hash = hash_view(context, *record);
  context.reply.array(hash.size());
  hash.for_each([&context](std::string_view field, std::string_view) { context.reply.bulk(field); });
}

void hvals(Context& context) {
  const Record* record;
  if (!find_hash(context, record)) return;
  if (record == nullptr) return context.reply.array(0);
  const HashView hash = hash_view(context, *record);
  context.reply.array(hash.size());
  hash.for_each([&context](std::string_view, std::string_view value) { context.reply.bulk(value); });
}

void hscan(Context& context) {
  const auto cursor = cursor_argument(context, 2);
  if (!cursor) return;
  const Record* record;
  if (!find_hash(context, record)) return;
  if (record == nullptr) return ElementScan::reply_empty(context);
  const HashView hash = hash_view(context, *record);
  ElementScan::reply(context, *cursor, Scanned::kHash, [&hash](std::uint64_t from, ElementScan& out) {
    return hash.scan(from, [&out](std::string_view field, std::string_view value) { out.add(field, value); });
  });
}

}  // namespace terrace::commands
