// SCAN: some names, beginning at a cursor.
#include "src/commands/shared/scan.h"

#include <string>
#include <vector>

#include "src/commands/key/key_handlers.h"
#include "src/execution/keyspace_iterator.h"

namespace terrace::commands {

void scan(Context& context) {
  const auto cursor = cursor_argument(context, 1);
  if (!cursor) return;
  const auto request = scan_options(context, 2, Scanned::kKeys);
  if (!request) return;
  std::vector<std::string> names;
  std::vector<std::string> expired;
  KeyspaceIterator keys(context, context.database_number(), *cursor);
  const bool complete = keys.visit_some(request->count, [&](const storage::Record& record) {
    if (!request->filter.passes_name(record.key())) return;
    // As in Redis, a name that matches counts as looked up, whatever its type.
    if (record.expired(context.now_ms)) {
      expired.emplace_back(record.key());
    } else if (request->filter.passes_type(record)) {
      names.emplace_back(record.key());
    }
  });
  if (!complete || !remove_expired(context, expired)) return;

  context.reply.array(2);
  context.reply.bulk(std::to_string(keys.cursor()));
  context.reply.array(names.size());
  for (const std::string& name : names) context.reply.bulk(name);
}

}  // namespace terrace::commands
