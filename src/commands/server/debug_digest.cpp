#include "src/commands/server/debug_handlers.h"
#include "src/execution/keyspace_iterator.h"
#include "src/types/value_digest.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::Digest;

// Adds the keys of one database. False: the error is replied.
io::Task<bool> add_keys(Context& context, unsigned number, Digest& digest) {
  KeyspaceIterator keys(context, number);
  co_return co_await keys.visit_all([&](const Record& record) {
    if (record.expired(context.now_ms)) return;
    Digest key;
    key.mix(record.key());
    key.mix_value(record, context.now_ms);
    digest.add(key);
  });
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
  const bool loaded = co_await context.load(names);
  if (!loaded) co_return;
  context.reply.array(names.size());
  for (const std::string_view name : names) {
    Digest digest;
    if (const Record* record = context.peek(name)) digest.mix_value(*record, context.now_ms);
    context.reply.simple(digest.hex());
  }
}

}  // namespace terrace::commands
