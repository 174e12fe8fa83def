#include "src/commands/scan.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <vector>

#include "src/commands/argument.h"
#include "src/commands/key_handlers.h"
#include "src/types/number.h"

namespace terrace {

using storage::Location;
using storage::Record;

bool visit_chain(const storage::Database& database, std::uint64_t& cursor, const storage::Residents& residents,
                 std::vector<Location>& missing, const std::function<void(const Record&)>& visit) {
  const std::size_t known = missing.size();
  const std::uint64_t next = database.scan(cursor, residents, missing, visit);
  const bool visited = missing.size() == known;
  cursor = visited ? next : database.index().next_cursor(static_cast<std::uint32_t>(cursor));
  return visited;
}

bool remove_expired(Context& context, std::span<const std::string> keys) {
  bool resident = true;
  for (const std::string& key : keys) resident = context.need(key) && resident;
  if (!resident) return false;
  for (const std::string& key : keys) context.peek(key);
  return true;
}

bool ScanFilter::passes(const Record& record) const {
  if (!any_name() && !types::matches(pattern, record.key())) return false;
  return !type_name || is_option(*type_name, types::type_name(record.type()));
}

// Reads as strtoul does, so that "-1" is the largest cursor and "" is 0.
std::optional<std::uint64_t> cursor_argument(Context& context, std::size_t index) {
  const std::string text(context.argument(index));
  char* end = nullptr;
  errno = 0;
  const std::uint64_t cursor = std::strtoul(text.c_str(), &end, 10);
  if (std::isspace(static_cast<unsigned char>(text[0])) || *end != '\0' || errno == ERANGE) {
    context.reply.error("ERR invalid cursor");
    return std::nullopt;
  }
  return cursor;
}

std::optional<ScanOptions> scan_options(Context& context, std::size_t first, bool with_type) {
  ScanOptions options;
  for (std::size_t i = first; i < context.arguments.size(); i += 2) {
    const std::string_view option = context.argument(i);
    const bool complete = i + 1 < context.arguments.size();
    if (complete && is_option(option, "COUNT")) {
      const auto count = integer_argument(context, i + 1);
      if (!count) return std::nullopt;
      options.count = *count;
    } else if (complete && is_option(option, "MATCH")) {
      options.filter.pattern = context.argument(i + 1);
    } else if (complete && with_type && is_option(option, "TYPE")) {
      options.filter.type_name = context.argument(i + 1);
    } else {
      options.count = 0;
    }
    if (options.count < 1) {
      context.reply.syntax_error();
      return std::nullopt;
    }
  }
  return options;
}

namespace commands {
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

}  // namespace commands
}  // namespace terrace
