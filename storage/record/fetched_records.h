// FetchedRecords: the records that were read from disk for one command, or for one batch of pipelined commands, by
// location. A location in use names one record. So a record found here, under the location that the index holds *now*,
// is the current one, whatever happened while it was read.
// Ownership: owns its records; Database::find takes one out when it promotes it.
// Thread: the reactor's.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "storage/memory/ledger.h"
#include "storage/memory/memory_queue.h"
#include "storage/record/record.h"

namespace terrace::storage {

class FetchedRecords {
 public:
  static constexpr std::size_t kFreedAtOnce = 512;  // takes about a tenth of a millisecond

  FetchedRecords() = default;
  explicit FetchedRecords(Ledger& ledger)
      : charge_(ledger, Account::kFetchedRecords), reserved_(ledger, Account::kReserved) {}

  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }
  std::size_t bytes() const { return charge_.bytes(); }
  // Whether a record may become hot because it is read: not while memory is full.
  bool may_stay() const { return charge_.ledger() == nullptr || charge_.ledger()->has_room(); }
  Record* find(Location location) const {
    auto it = records_.find(location);
    return it == records_.end() ? nullptr : it->second.get();
  }
  void add(Location location, RecordPointer record) {
    RecordPointer& place = records_[location];
    const std::uint64_t others = charge_.bytes() - (place ? Record::footprint(place.get()) : 0);
    charge_.resize(others + Record::footprint(record.get()));
    place = std::move(record);
  }
  RecordPointer take(Location location) {
    auto node = records_.extract(location);
    if (!node) return {};
    charge_.resize(charge_.bytes() - Record::footprint(node.mapped().get()));
    return std::move(node.mapped());
  }
  // Frees some records, which ones is not specified.
  void free_some(std::size_t count) {
    for (; count > 0 && !records_.empty(); --count) {
      charge_.resize(charge_.bytes() - Record::footprint(records_.begin()->second.get()));
      records_.erase(records_.begin());
    }
  }
  void clear() {
    records_.clear();
    charge_.resize(0);
  }

  // --- memory of large records; without bound() they are always admitted
  // From now on a large record is read only if there is room for it, or if it was reserved.
  void bound(const MemoryQueue* queue) { queue_ = queue; }
  // Asked before a record of so many bytes is read; if so, it must be charged at once. False: the bytes are added to
  // the refused ones; the caller takes memory for them and fetches again.
  bool admit(std::uint64_t bytes) {
    const std::uint64_t reserved = std::min(reserved_.bytes(), bytes);
    if (queue_ != nullptr && reserved < bytes && queue_->room() < bytes) {
      refused_bytes_ += bytes;
      return false;
    }
    reserved_.resize(reserved_.bytes() - reserved);
    return true;
  }
  std::uint64_t take_refused_bytes() { return std::exchange(refused_bytes_, 0); }
  // Moves what was taken for records from `charge`.
  void reserve(LedgerCharge& charge, std::uint64_t bytes) {
    const std::uint64_t moved = std::min(charge.bytes(), bytes);
    charge.resize(charge.bytes() - moved);
    reserved_.resize(reserved_.bytes() + moved);
  }
  void unreserve() { reserved_.resize(0); }

 private:
  std::unordered_map<Location, RecordPointer> records_;
  LedgerCharge charge_;
  LedgerCharge reserved_;
  std::uint64_t refused_bytes_ = 0;
  const MemoryQueue* queue_ = nullptr;
};

}  // namespace terrace::storage
