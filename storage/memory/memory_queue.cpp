#include "storage/memory/memory_queue.h"

#include <algorithm>
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
// So far the resident set may be beyond the limit while several commands make large values. 64 MiB are promised.
constexpr std::uint64_t kMostBeyond = kTinyLimits ? 0 : 24 * kMiB;
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
  const std::uint64_t kept = overhead_counts_ ? overhead + limit / kShareOfSmall : 0;
  const std::uint64_t held = buffers + index + Ledger::kLeastRecordBytes + kept;
  return std::max(limit - std::min(limit, held), least() - std::min(least(), buffers));
}

std::uint64_t MemoryQueue::free_for_requests() const {
  const std::uint64_t limit = ledger_.limit();
  const std::uint64_t held = ledger_.bytes(Account::kLargeRequests);
  if (limit == 0 || held == 0) return free();
  return std::min(free(), limit / 2 - std::min(limit / 2, held));
}

// A large request that has waited for long is not passed by others, unless it waits for its lane's share.
bool MemoryQueue::request_comes_first() const {
  const Place* request = lane(Lane::kLargeRequests).first;
  if (request == nullptr || clock_.monotonic_us() - request->since_us_ <= kPatienceUs) return false;
  const bool share_taken = request->bytes_ > free_for_requests() && request->bytes_ <= free();
  return !share_taken;
}

bool MemoryQueue::waited_for() const {
  return lane(Lane::kOthers).first != nullptr || request_comes_first();
}

MemoryQueue::Place* MemoryQueue::next() const {
  Place* request = lane(Lane::kLargeRequests).first;
  Place* other = lane(Lane::kOthers).first;
  return other == nullptr || request_comes_first() ? request : other;
}

bool MemoryQueue::must_wait(Lane wanted, std::uint64_t bytes) const {
  if (wanted == Lane::kLargeRequests && lane(wanted).first != nullptr) return true;
  return waited_for() || bytes > (wanted == Lane::kLargeRequests ? free_for_requests() : free());
}

std::uint64_t MemoryQueue::wanted() const {
  std::uint64_t bytes = 0;
  for (const Waiting& waiting : lanes_) {
    for (const Place* each = waiting.first; each != nullptr; each = each->next_) bytes += each->bytes_;
  }
  return bytes;
}

std::int64_t MemoryQueue::stuck_us() const {
  if (!anyone_waits()) return 0;
  std::int64_t since_us = std::numeric_limits<std::int64_t>::max();
  for (const Waiting& waiting : lanes_) {
    if (waiting.first != nullptr) since_us = std::min(since_us, waiting.first->since_us_);
  }
  return clock_.monotonic_us() - std::max(since_us, served_us_);
}

std::uint64_t MemoryQueue::room() const {
  if (waited_for()) return 0;
  const std::uint64_t limit = ledger_.limit();
  if (limit == 0) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t before_eviction = limit + std::min(limit / kShareOfSmall, kMostExcess);
  const std::uint64_t evicted = before_eviction - std::min(before_eviction, ledger_.used());
  return std::min(free(), std::max(evicted, ledger_.bytes(Account::kRecords) < Ledger::kLeastRecordBytes ? free() : 0));
}

io::Task<MemoryQueue::Outcome> MemoryQueue::take(Place& place, LedgerCharge& charge, Lane wanted, std::uint64_t bytes) {
  TERRACE_CHECK(!place.waits());
  if (bytes > most()) co_return Outcome::kTooLarge;
  if (!must_wait(wanted, bytes)) {
    charge.resize(charge.bytes() + bytes);
    co_return Outcome::kTaken;
  }
  place.queue_ = this;
  place.lane_ = wanted;
  place.bytes_ = bytes;
  place.charge_ = &charge;
  place.since_us_ = clock_.monotonic_us();
  place.granted_ = false;
  place.next_ = nullptr;
  Waiting& waiting = lane(wanted);
  (waiting.last != nullptr ? waiting.last->next_ : waiting.first) = &place;
  waiting.last = &place;
  while (place.waits()) co_await place.ended_.wait();
  co_return place.granted_ ? Outcome::kTaken : Outcome::kLeft;
}

// Values that are made side by side lie scattered in the heap's spans, and keep them when they are freed. While the
// resident set shows that, patience lets only one command at a time pass.
bool MemoryQueue::may_pass_overhead(std::uint64_t bytes) const {
  return ledger_.bytes(Account::kReserved) == 0 || ledger_.resident() + bytes <= ledger_.limit() + kMostBeyond;
}

// The client that is served runs before the next one is: room is asked anew for each.
void MemoryQueue::serve_waiting() {
  const bool patience_over = stuck_us() > kPatienceUs;
  std::uint64_t granted = 0;
  while (Place* place = next()) {
    // If the limit was lowered during the wait, what was asked for could never fit.
    const std::uint64_t bytes = std::min(place->bytes_, most());
    overhead_counts_ = !patience_over || !may_pass_overhead(granted + bytes);
    if (bytes > (place->lane_ == Lane::kLargeRequests ? free_for_requests() : free())) break;
    remove(*place);
    place->queue_ = nullptr;
    place->granted_ = true;
    granted += bytes;
    served_us_ = clock_.monotonic_us();
    place->charge_->resize(place->charge_->bytes() + bytes);
    place->ended_.notify();
  }
  overhead_counts_ = true;
}

void MemoryQueue::remove(Place& place) {
  Waiting& waiting = lane(place.lane_);
  Place* before = nullptr;
  for (Place* each = waiting.first; each != &place; each = each->next_) before = each;
  (before != nullptr ? before->next_ : waiting.first) = place.next_;
  if (waiting.last == &place) waiting.last = before;
}

}  // namespace terrace::storage
