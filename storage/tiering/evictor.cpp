#include "storage/tiering/evictor.h"

#include <xxhash.h>

#include "io/activity.h"
#include "storage/memory/cell_heap.h"

namespace terrace::storage {

namespace {

// Bytes of dirty records being written before the hand waits for them.
constexpr std::uint64_t kMaxBytesOnTheirWay = 8 * Spiller::kBatchBytes;
// After a failed write (full disk, device error), or after a whole round without anything to evict, the hand rests, so
// that it does not spin.
constexpr std::int64_t kRestMs = 50;
// Commands wait for room so long while no write succeeds.
constexpr std::int64_t kPatienceUs = 1'000'000;
// After this many slices without anything to evict, what is gathered is written, however little it is.
constexpr unsigned kPatientSlices = 5;

}  // namespace

void Evictor::poll() {
  if (!enabled_ || running_ || stopping_ || governor_.excess(false) == 0) return;
  running_ = true;
  io::spawn(run());
}

io::Task<void> Evictor::run() {
  const io::Gate::Holder holder = tasks_.hold();
  io::Slice slice(environment_.clock);
  std::uint64_t failures = spiller_.failures();
  span_share_ = 0;
  while (!stopping_ && enabled_) {
    // Not within a command's turn, in which poll() may have been called.
    co_await slice.next();
    const std::uint64_t excess = governor_.excess(true);
    const std::uint64_t coming = spiller_.bytes_on_their_way();
    if (excess == 0) break;
    if (coming >= kMaxBytesOnTheirWay || coming >= 2 * excess) {
      co_await spiller_.wait_below(coming - 1);
    } else {
      const std::uint64_t freed = walk_slice(slice, excess);
      fruitless_slices_ = freed == 0 ? fruitless_slices_ + 1 : 0;
      // If the hand finds nothing more, what is gathered is written without waiting for more.
      if (freed >= excess || fruitless_slices_ >= kPatientSlices) spiller_.flush();
      if (whole_round_found_none()) {
        fruitless_chains_ = 0;
        co_await environment_.clock.sleep_ms(kRestMs);
      }
    }
    if (spiller_.failures() != failures) {
      failures = spiller_.failures();
      co_await environment_.clock.sleep_ms(kRestMs);
    }
    progress_.notify();
  }
  spiller_.flush();
  running_ = false;
  progress_.notify();
}

std::uint64_t Evictor::walk_slice(const io::Slice& slice, std::uint64_t excess) {
  const io::Activity activity("eviction-cycle");
  std::uint64_t freed = 0;
  if (span_share_ == 0) span_share_ = governor_.span_share();
  for (unsigned steps = 0; freed < excess && !slice.over() && steps < 4096; ++steps) {
    const Walked walked = walk_chain(databases_[hand_database_], hand_chain_, false);
    freed += walked.freed_bytes;
    fruitless_chains_ = walked.fruitful ? 0 : fruitless_chains_ + 1;
    advance();
  }
  return freed;
}

// Where few of many keys are in memory, the hand passes many chains between two records, and passes each record once
// before it evicts it. Only after a whole round without any record is there nothing to evict.
bool Evictor::whole_round_found_none() const {
  std::uint64_t chains = 0;
  for (unsigned number = 0; number < databases_.count(); ++number) chains += databases_[number].index().chain_count();
  return fruitless_chains_ > chains;
}

void Evictor::advance() {
  if (++hand_chain_ < databases_[hand_database_].index().chain_count()) return;
  hand_chain_ = 0;
  // Skips databases without hot records: each would cost the walk of a table.
  for (unsigned tries = 0; tries < databases_.count(); ++tries) {
    hand_database_ = (hand_database_ + 1) % databases_.count();
    if (hand_database_ == 0) {
      ++rounds_;
      span_share_ = 0;
    }
    if (databases_[hand_database_].index().hot_count() > 0) break;
  }
}

Evictor::Walked Evictor::walk_chain(Keyspace& keyspace, std::uint32_t chain, bool all) {
  Walked walked;
  if (chain >= keyspace.index().chain_count()) return walked;  // it was flushed under the hand
  keyspace.index().visit_chain(chain, [&](IndexEntry& entry, std::uint64_t known_hash) {
    if (span_share_ > 0 && !all) {
      if (entry.is_hot() && in_chosen_span(entry.record())) walked.freed_bytes += evict(keyspace, entry, known_hash);
      return;
    }
    const unsigned count = entry.access_count();
    if (!all && count > 0) {
      entry.set_access_count(count - 1);
      walked.fruitful = walked.fruitful || entry.is_hot();
      return;
    }
    if (entry.is_hot()) walked.freed_bytes += evict(keyspace, entry, known_hash);
  });
  walked.fruitful = walked.fruitful || walked.freed_bytes > 0;
  return walked;
}

// Each round of the hand chooses other spans.
bool Evictor::in_chosen_span(const Record* record) const {
  const std::uint64_t span = reinterpret_cast<std::uintptr_t>(record) / CellHeap::kSpanSize;
  return XXH3_64bits_withSeed(&span, sizeof span, rounds_) % MemoryGovernor::kWhole < span_share_;
}

std::uint64_t Evictor::evict(Keyspace& keyspace, IndexEntry& entry, std::uint64_t known_hash) {
  Record* record = entry.record();
  const std::uint64_t bytes = Record::footprint(record);
  if (record->clean()) {
    keyspace.evict_clean(entry, known_hash);
    ++statistics_.evictions_clean;
    return bytes;
  }
  if (!spilling_) return 0;
  if (record->has(Record::kWriting)) {
    record->set(Record::kEvicting);
    return 0;
  }
  spiller_.add(keyspace.id(), record, true, true);
  return bytes;
}

const Error* Evictor::obstacle() const {
  const std::optional<std::int64_t> since_us = spiller_.failing_since_us();
  if (!since_us || !enabled_ || governor_.has_room()) return nullptr;
  return environment_.clock.monotonic_us() - *since_us >= kPatienceUs ? &*spiller_.last_failure() : nullptr;
}

io::Task<void> Evictor::wait_for_room() {
  if (governor_.has_room() || !enabled_ || !spilling_) co_return;
  ++statistics_.room_waits;
  statistics_.writes_stalled = true;
  while (!governor_.has_room() && enabled_ && spilling_ && !stopping_ && !obstacle()) {
    poll();
    co_await progress_.wait();
  }
  statistics_.writes_stalled = false;
}

io::Task<void> Evictor::stop() {
  stopping_ = true;
  progress_.notify();
  while (!tasks_.idle()) co_await tasks_.wait();
  co_await spiller_.drain();
}

io::Task<Result<void>> Evictor::spill_all() {
  const io::Gate::Holder holder = tasks_.hold();
  const std::uint64_t failures = spiller_.failures();
  for (unsigned number = 0; number < databases_.count(); ++number) {
    io::Slice slice(environment_.clock);
    for (std::uint32_t chain = 0; chain < databases_[number].index().chain_count(); ++chain) {
      walk_chain(databases_[number], chain, true);
      if (spiller_.bytes_on_their_way() < kMaxBytesOnTheirWay && !slice.over()) continue;
      co_await spiller_.wait_below(kMaxBytesOnTheirWay);
      co_await slice.next();
    }
  }
  co_return co_await written_since(failures);
}

// Waits for everything gathered and being written; an error if a batch has failed since.
io::Task<Result<void>> Evictor::written_since(std::uint64_t failures) {
  co_await spiller_.settled();
  if (spiller_.failures() != failures) co_return *spiller_.last_failure();
  co_return Result<void>();
}

io::Task<Result<void>> Evictor::spill(Keyspace& keyspace, const Key& key) {
  const io::Gate::Holder holder = tasks_.hold();
  const std::uint64_t failures = spiller_.failures();
  const Index::Position at = keyspace.index().find(
      key.hash, [&key](Index::Position entry) { return entry->is_hot() && entry->record()->key() == key.name; });
  if (at) evict(keyspace, *at, key.hash);
  co_return co_await written_since(failures);
}

}  // namespace terrace::storage
