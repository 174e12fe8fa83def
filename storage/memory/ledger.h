// Ledger: what the process holds in memory, by account, and the one limit on it (`maxmemory`). Memory of a known size is
// charged before it grows, other memory (replies, images in the making) while it grows.
//
//   used = records + other accounts + overhead ≤ limit
//
// The overhead is an estimate: the resident set beyond the accounts, less the fixed cost of a running server
// (memory_governor.h). Records give way to everything else: the evictor makes them cold until the sum fits.
//
// Invariants:
// - No account goes below zero (asserted).
// - Each charge is a member of the object that it is for, and ends with that object. Records are the exception: their
//   bytes are counted in Statistics. The ledger outlives all charges: every account is zero at its end (asserted).
// - However much the other accounts hold, eviction makes has_room() true: kLeastRecordBytes stay for records, or no
//   command could be served.
// Ownership: owned by the store, outlives its engine and all clients. Thread: the reactor's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "io/result.h"
#include "storage/base/limits.h"

namespace terrace::storage {

enum class Account : std::uint8_t {
  kRecords,            // hot records
  kIndex,              // counted when the governor samples
  kFetchedRecords,     // cold records that were read for commands, and reads under way
  kImages,             // images of large records that are made, copied or written
  kLogBuffers,         // frames of the log that wait for a place in flight
  kConnections,        // clients without their buffers
  kQueryBuffers,       // received bytes of unfinished commands
  kLargeRequests,      // the same of commands with a large argument, which counts with its announced size
  kReplies,            // bytes that the kernel has not taken
  kTransactionQueues,  // commands that MULTI has queued, and watched keys
  kUnits,              // arguments of large units that wait for room; effects that an open unit has gathered
  kSubscriptions,      // channels and patterns that clients have subscribed to
  kTracking,           // keys that clients may have cached (CLIENT TRACKING)
  kAcl,                // users and what ACL LOG shows
  kScripts,            // the memory of the interpreters
  kStacks,             // those that scripts run on: what is in memory of them, counted some times a second
  kReserved,           // taken from the memory queue for a value or a reply that is not there yet
};
inline constexpr std::size_t kAccountCount = static_cast<std::size_t>(Account::kReserved) + 1;

class Ledger {
 public:
  Ledger() = default;
  ~Ledger() {
    for (const std::uint64_t bytes : charged_) TERRACE_CHECK(bytes == 0);
  }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  std::uint64_t bytes(Account account) const {
    return account == Account::kRecords ? *records_ : charged_[static_cast<std::size_t>(account)];
  }
  std::uint64_t total() const { return *records_ + charged_total_; }

  // 0: no limit.
  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  std::uint64_t limit() const { return limit_; }
  // The governor's estimate of what the resident set holds beyond the accounts.
  void set_overhead(std::uint64_t bytes) { overhead_ = bytes; }
  std::uint64_t overhead() const { return overhead_; }
  std::uint64_t used() const { return total() + overhead_; }
  // The resident set when the governor last looked.
  void set_resident(std::uint64_t bytes) { resident_ = bytes; }
  std::uint64_t resident() const { return resident_; }

  // Asked before records grow. A caller that needs much memory charges it first.
  bool has_room() const { return limit_ == 0 || used() < limit_ || *records_ < kLeastRecordBytes; }
  // A store that makes no records cold refuses writes then.
  bool exceeded() const { return limit_ != 0 && used() > limit_; }
  // The limit would be exceeded even if all records were cold: buffers must not grow.
  bool is_short() const { return limit_ != 0 && used() - *records_ > limit_; }

  // What clients hold: Redis' sum for `maxmemory-clients`.
  std::uint64_t clients() const {
    return bytes(Account::kConnections) + bytes(Account::kQueryBuffers) + bytes(Account::kLargeRequests) +
           bytes(Account::kReplies) + bytes(Account::kTransactionQueues) + bytes(Account::kSubscriptions);
  }
  // 0: no limit.
  void set_clients_limit(std::uint64_t bytes) { clients_limit_ = bytes; }
  std::uint64_t clients_limit() const { return clients_limit_; }
  bool clients_exceeded() const { return clients_limit_ != 0 && clients() > clients_limit_; }

  // At least so many bytes of records may be in memory.
  static constexpr std::uint64_t kLeastRecordBytes = kTinyLimits ? 64 * kKiB : 4 * kMiB;

  // Where the bytes of records are counted; nullptr: there is no store.
  void follow_records(const std::uint64_t* figure) { records_ = figure ? figure : &kNoRecords; }

 private:
  friend class LedgerCharge;

  void charge(Account account, std::uint64_t bytes) {
    charged_[static_cast<std::size_t>(account)] += bytes;
    charged_total_ += bytes;
  }
  void release(Account account, std::uint64_t bytes) {
    std::uint64_t& charged = charged_[static_cast<std::size_t>(account)];
    TERRACE_CHECK(charged >= bytes);
    charged -= bytes;
    charged_total_ -= bytes;
  }

  static constexpr std::uint64_t kNoRecords = 0;

  const std::uint64_t* records_ = &kNoRecords;
  std::uint64_t charged_total_ = 0;
  std::uint64_t overhead_ = 0;
  std::uint64_t resident_ = 0;
  std::uint64_t limit_ = 0;
  std::uint64_t clients_limit_ = 0;
  std::array<std::uint64_t, kAccountCount> charged_{};
};

// LedgerCharge: the bytes that its owner has charged to one account; released when it is destroyed. Without a ledger it
// only counts. Ownership: a member of what it is charged for. Thread: the ledger's.
class LedgerCharge {
 public:
  LedgerCharge() = default;
  LedgerCharge(Ledger& ledger, Account account, std::uint64_t bytes = 0) : ledger_(&ledger), account_(account) {
    resize(bytes);
  }
  LedgerCharge(LedgerCharge&& other) noexcept
      : ledger_(other.ledger_), account_(other.account_), bytes_(std::exchange(other.bytes_, 0)) {}
  LedgerCharge& operator=(LedgerCharge&& other) noexcept {
    if (this == &other) return *this;
    resize(0);
    ledger_ = other.ledger_;
    account_ = other.account_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }
  ~LedgerCharge() { resize(0); }

  const Ledger* ledger() const { return ledger_; }
  std::uint64_t bytes() const { return bytes_; }
  void resize(std::uint64_t bytes) {
    if (bytes == bytes_) return;
    if (ledger_ != nullptr) {
      bytes > bytes_ ? ledger_->charge(account_, bytes - bytes_) : ledger_->release(account_, bytes_ - bytes);
    }
    bytes_ = bytes;
  }

 private:
  Ledger* ledger_ = nullptr;
  Account account_ = Account::kRecords;
  std::uint64_t bytes_ = 0;
};

}  // namespace terrace::storage
