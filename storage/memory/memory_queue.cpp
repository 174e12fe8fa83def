#include "storage/memory/memory_queue.h"

#include <limits>

namespace terrace::storage {
namespace {

// The overhead is an estimate that falls slowly after a peak, and the share of small commands is only kept free. Who has
// waited for so long is not kept out by them.
constexpr std::int64_t kPatienceUs = 500'000;
// A share of the limit is left to the many small commands.
constexpr std::uint64_t kShareOfSmall = 8;
// So far the sum may exceed the limit until eviction has followed.
constexpr std::uint64_t kMostExcess = 16 * kMiB;
// So much of the overhead keeps nobody out. With the excess and the fixed cost it is less than the 64 MiB that the
// process may have beside its limit.
constexpr std::uint64_t kToleratedOverhead = kTinyLimits ? 0 : 16 * kMiB;
constexpr std::uint64_t kLeastBytes = kTinyLimits ? 256 * kKiB : 4 * kMiB;

}  // namespace

void MemoryQueue::Place::leave() {
  if (!waits()) return;
  queue_->remove(*this);
  queue_ = nullptr;
  ended_.notify();
}

// However large the index is, so much is left to buffers.
std::uint64_t MemoryQueue::least() const {
  return std::max(ledger_.limit() / kShareOfSmall, kLeastBytes);
}

std::uint64_t MemoryQueue::most() const {
  const std::uint64_t limit = ledger_.limit();
  if (limit == 0) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t kept = limit / kShareOfSmall + Ledger::kLeastRecordBytes + ledger_.bytes(Account::kIndex);
  return std::max(limit - std::min(limit, kept), least());
}

// What the accounts beside the records may still grow by, if records give way to them.
std::uint64_t MemoryQueue::free() const {
  const std::uint64_t limit = ledger_.limit();
  if (limit == 0) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t index = ledger_.bytes(Account::kIndex);
  const std::uint64_t buffers = ledger_.total() - ledger_.bytes(Account::kRecords) - index;
  const std::uint64_t overhead = ledger_.overhead() - std::min(ledger_.overhead(), kToleratedOverhead);
  const std::uint64_t kept = patience_over_ ? 0 : overhead + limit / kShareOfSmall;
  const std::uint64_t held = buffers + index + Ledger::kLeastRecordBytes + kept;
  return std::max(limit - std::min(limit, held), least() - std::min(least(), buffers));
}

std::uint64_t MemoryQueue::room() const {
  if (first_ != nullptr) return 0;
  const std::uint64_t limit = ledger_.limit();
  if (limit == 0) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t before_eviction = limit + std::min(limit / kShareOfSmall, kMostExcess);
  const std::uint64_t evicted = before_eviction - std::min(before_eviction, ledger_.used());
  return std::min(free(), std::max(evicted, ledger_.bytes(Account::kRecords) < Ledger::kLeastRecordBytes ? free() : 0));
}

io::Task<MemoryQueue::Outcome> MemoryQueue::take(Place& place, LedgerCharge& charge, std::uint64_t bytes) {
  TERRACE_CHECK(!place.waits());
  if (bytes > most()) co_return Outcome::kTooLarge;
  if (!must_wait(bytes)) {
    charge.resize(charge.bytes() + bytes);
    co_return Outcome::kTaken;
  }
  place.queue_ = this;
  place.bytes_ = bytes;
  place.charge_ = &charge;
  place.since_us_ = clock_.monotonic_us();
  place.granted_ = false;
  place.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &place;
  last_ = &place;
  while (place.waits()) co_await place.ended_.wait();
  co_return place.granted_ ? Outcome::kTaken : Outcome::kLeft;
}

// The client that is served runs before the next one is: room is asked anew for each.
void MemoryQueue::serve_waiting() {
  patience_over_ = stuck_us() > kPatienceUs;
  while (first_ != nullptr) {
    Place& place = *first_;
    // If the limit was lowered during the wait, what was asked for could never fit.
    const std::uint64_t bytes = std::min(place.bytes_, most());
    if (bytes > free()) break;
    remove(place);
    place.queue_ = nullptr;
    place.granted_ = true;
    served_us_ = clock_.monotonic_us();
    place.charge_->resize(place.charge_->bytes() + bytes);
    place.ended_.notify();
  }
  patience_over_ = false;
}

void MemoryQueue::remove(Place& place) {
  Place* before = nullptr;
  for (Place* each = first_; each != &place; each = each->next_) before = each;
  (before != nullptr ? before->next_ : first_) = place.next_;
  if (last_ == &place) last_ = before;
}

}  // namespace terrace::storage
