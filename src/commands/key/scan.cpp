// SCAN: some names from a cursor on.
#include "src/commands/shared/scan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "src/commands/key/key_handlers.h"

namespace terrace::commands {

using storage::Location;
using storage::Record;

namespace {

// What one SCAN may have fetched for it at most, so that a large COUNT does not fill the memory: COUNT is only a hint.
// A name weighs as much as a read of it.
constexpr std::uint64_t kMaxFetchWeight = 4096;
constexpr std::uint64_t kBytesPerWeight = 4 * storage::kKiB;
// Empty chains are cheap to pass: so many that a small database, whatever its table's size, is scanned at one go.
constexpr std::int64_t kStepsPerKey = 10;
constexpr std::int64_t kMinSteps = 1024;

// One walk from the request's cursor on.
struct Walk {
  std::uint64_t cursor = 0;
  std::int64_t visited = 0;  // also those that the filter holds back, and those still to be fetched
  std::uint64_t fetch_weight = 0;
  std::vector<std::string> names = {};
  std::vector<std::string> expired = {};
  std::vector<Location> missing = {};  // to be fetched
};

void visit(const Context& context, const ScanFilter& filter, const Record& record, Walk& walk) {
  ++walk.visited;
  if (record.transient()) walk.fetch_weight += 1 + record.key().size() / kBytesPerWeight;
  if (!filter.passes(record)) return;
  (is_expired(context, record) ? walk.expired : walk.names).emplace_back(record.key());
}

void step(Context& context, const ScanFilter& filter, Walk& walk) {
  const std::size_t known = walk.missing.size();
  const auto visitor = [&](const Record& record) { visit(context, filter, record, walk); };
  if (visit_chain(context.database(), walk.cursor, context.heads(), walk.missing, visitor)) return;
  walk.visited += static_cast<std::int64_t>(walk.missing.size() - known);
  walk.fetch_weight += walk.missing.size() - known;
}

}  // namespace

void scan(Context& context) {
  const auto cursor = cursor_argument(context, 1);
  if (!cursor) return;
  const auto request = scan_options(context, 2, /*with_type=*/true);
  if (!request) return;
  Walk walk{*cursor};
  // A table emptied by deletes has many empty chains: as Redis, only so many steps for each key asked for.
  std::int64_t steps_left = std::max(std::min(request->count, INT64_MAX / kStepsPerKey) * kStepsPerKey, kMinSteps);
  do {
    step(context, request->filter, walk);
  } while (walk.cursor != 0 && walk.visited < request->count && walk.fetch_weight < kMaxFetchWeight &&
           --steps_left > 0);
  if (!walk.missing.empty()) return context.need_heads(walk.missing);
  if (!remove_expired(context, walk.expired)) return;

  context.reply.array(2);
  context.reply.bulk(std::to_string(walk.cursor));
  context.reply.array(walk.names.size());
  for (const std::string& name : walk.names) context.reply.bulk(name);
}

}  // namespace terrace::commands
