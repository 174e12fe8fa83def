#include "src/execution/keyspace_iterator.h"

#include <algorithm>
#include <utility>

#include "io/slice.h"

namespace terrace {
namespace {

using storage::FetchedRecords;
using storage::Record;

// What one run may read at most. A name weighs as much as a read of it.
constexpr std::uint64_t kMaxWeight = 4096;
constexpr std::uint64_t kBytesPerWeight = 4 * storage::kKiB;
// Empty chains are cheap to pass: a small database is walked in one call, however large its table once was.
constexpr std::int64_t kChainsPerKey = 10;
constexpr std::int64_t kMinChains = 1024;
// Long names take long to match against a pattern.
constexpr std::uint64_t kNameBytesPerCall = storage::kMiB;
// A run of visit_all(). Values may be large: one chain at a time.
constexpr std::int64_t kValuesPerRun = 1;

// A table that deletes have emptied has many empty chains.
std::int64_t max_chains(std::int64_t keys) {
  return std::max(std::min(keys, INT64_MAX / kChainsPerKey) * kChainsPerKey, kMinChains);
}

}  // namespace

// Visits the keys of complete chains up to the bounds, or to the first chain that misses records. Of the chains behind
// that one it only adds up what they miss, so that all of it is read in parallel.
void KeyspaceIterator::walk(const Extent& bounds, const FetchedRecords& fetched, Extent& done, const Visitor& visit) {
  const storage::Database& database = context_.database(number_);
  missing_.clear();
  std::uint64_t cursor = cursor_;
  Extent ahead = done;
  do {
    const std::size_t known = missing_.size();
    std::uint64_t next = database.scan(cursor, fetched, missing_, [&](const Record& record) {
      ++ahead.keys;
      ahead.name_bytes += record.key().size();
      if (record.transient()) ahead.weight += 1 + record.key().size() / kBytesPerWeight;
      if (known == 0) visit(record);
    });
    ++ahead.chains;
    if (const std::size_t missed = missing_.size() - known; missed > 0) {
      ahead.keys += static_cast<std::int64_t>(missed);
      ahead.weight += missed;
      next = database.next_cursor(cursor);
    }
    cursor = next;
    if (missing_.empty()) {
      cursor_ = cursor;
      done = ahead;
    }
  } while (cursor != 0 && ahead.within(bounds));
}

bool KeyspaceIterator::visit_some(std::int64_t count, const Visitor& visit) {
  const Extent bounds{
      .keys = count, .chains = max_chains(count), .weight = kMaxWeight, .name_bytes = kNameBytesPerCall};
  Extent done;
  walk(bounds, context_.batch_.heads, done, visit);
  context_.batch_.missing_heads = std::move(missing_);
  return context_.batch_.missing_heads.empty();
}

// Names are gathered while no unit is open: what one has changed cannot be seen yet. What was gathered may be visited.
io::Task<bool> KeyspaceIterator::visit_names(Visitor visit) {
  storage::NameWalk walk = context_.engine().walk_names(number_);
  io::Slice slice(context_.clock());
  do {
    while (!walk.gather(slice, visit)) {
      co_await slice.next();
      co_await context_.wait_for_open_unit();
    }
    const Result<void> read = co_await walk.read(visit);
    if (!read.ok()) {
      context_.reply.error("IOERR " + read.error().message);
      co_return false;
    }
    co_await context_.wait_for_open_unit();
  } while (!walk.done());
  co_return true;
}

io::Task<bool> KeyspaceIterator::visit_all(Visitor visit) {
  const Extent bounds{
      .keys = kValuesPerRun, .chains = kMinChains, .weight = kMaxWeight, .name_bytes = kNameBytesPerCall};
  io::Slice slice(context_.clock());
  do {
    FetchedRecords fetched(context_.engine().ledger());
    Extent done;
    walk(bounds, fetched, done, visit);
    while (!missing_.empty()) {
      const Result<void> read = co_await context_.engine().fetch(missing_, fetched);
      if (!read.ok()) {
        context_.reply.error("IOERR " + read.error().message);
        co_return false;
      }
      co_await context_.wait_for_open_unit();
      walk(bounds, fetched, done, visit);
    }
    if (cursor_ != 0 && slice.over()) {
      co_await slice.next();
      co_await context_.wait_for_open_unit();
    }
  } while (cursor_ != 0);
  co_return true;
}

std::optional<const Record*> KeyspaceIterator::random(std::uint64_t number) {
  missing_.clear();
  const Record* record = context_.database(number_).random(number, context_.batch_.heads, missing_);
  if (missing_.empty()) return record;
  context_.batch_.missing_heads = std::move(missing_);
  return std::nullopt;
}

}  // namespace terrace
