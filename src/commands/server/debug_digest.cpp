#include "src/commands/server/debug_digest.h"

#include <vector>

#include "io/slice.h"
#include "src/commands/shared/scan.h"
#include "src/types/value_digest.h"

namespace terrace::commands {
namespace {

using storage::FetchedRecords;
using storage::Location;
using storage::Record;
using types::Digest;

// Adds the keys of one database, a chain at a time, for values may be large. False: the error is replied.
io::Task<bool> add_keys(Context& context, unsigned number, Digest& digest) {
  io::Slice slice(context.clock());
  std::uint64_t cursor = 0;
  std::vector<Location> missing;
  do {
    FetchedRecords fetched_records;
    std::uint64_t next = cursor;
    while (!visit_chain(context.database(number), next, fetched_records, missing, [&](const Record& record) {
      if (is_expired(context, record)) return;
      Digest key;
      key.mix(record.key());
      key.mix_value(record, context.now_ms);
      digest.add(key);
    })) {
      Result<void> fetched = co_await context.engine().fetch(missing, fetched_records);
      if (!fetched.ok()) {
        context.reply.error("IOERR " + fetched.error().message);
        co_return false;
      }
      missing.clear();
      next = cursor;
    }
    cursor = next;
    if (slice.over()) co_await slice.next();
  } while (cursor != 0);
  co_return true;
}

}  // namespace

io::Task<> debug_digest(Context& context) {
  Digest digest;
  for (unsigned number = 0; number < context.database_count(); ++number) {
    if (context.database(number).size() == 0) continue;
    digest.mix(number);
    const bool added = co_await add_keys(context, number, digest);
    if (!added) co_return;
  }
  context.reply.simple(digest.hex());
}

io::Task<> debug_digest_value(Context& context) {
  const auto names = context.arguments.subspan(2);
  while (true) {
    bool complete = true;
    for (const std::string_view name : names) complete &= context.need(name);
    if (complete) break;
    Result<void> fetched = co_await context.fetch_needed();
    if (fetched.ok()) continue;
    context.reply.error("IOERR " + fetched.error().message);
    co_return;
  }
  context.reply.array(names.size());
  for (const std::string_view name : names) {
    Digest digest;
    if (const Record* record = context.peek(name)) digest.mix_value(*record, context.now_ms);
    context.reply.simple(digest.hex());
  }
}

}  // namespace terrace::commands
