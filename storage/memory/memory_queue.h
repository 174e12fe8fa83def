// MemoryQueue: large memory beside the records (a large request, a value that is read for a command, a large reply) is
// taken here before it grows, so that all of it together stays below the ledger's limit. Records give way to it. Who
// does not find room waits, in the order of asking.
//
// Invariants:
// - A large wish is not passed by later small ones.
// - A waiting client holds nothing that it took here for the same command: it has given that back and asks for the sum.
//   Otherwise two clients could wait for each other.
// Ownership: owned by the store; borrows the ledger and the clock. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/memory/ledger.h"

namespace terrace::storage {

class MemoryQueue {
 public:
  // Where one client waits. Ownership: the client's; it must not be destroyed while it waits.
  class Place {
   public:
    bool waits() const { return queue_ != nullptr; }
    // Ends the wait: take() returns kLeft. Does nothing if the client does not wait.
    void leave();

   private:
    friend class MemoryQueue;
    MemoryQueue* queue_ = nullptr;
    std::uint64_t bytes_ = 0;
    LedgerCharge* charge_ = nullptr;
    std::int64_t since_us_ = 0;
    bool granted_ = false;
    Place* next_ = nullptr;
    io::Event ended_;
  };
  enum class Outcome : std::uint8_t {
    kTaken,
    kTooLarge,  // more than most()
    kLeft,      // Place::leave() was called
  };

  MemoryQueue(Ledger& ledger, io::Clock& clock) : ledger_(ledger), clock_(clock) {}
  ~MemoryQueue() { TERRACE_CHECK(first_ == nullptr); }
  MemoryQueue(const MemoryQueue&) = delete;
  MemoryQueue& operator=(const MemoryQueue&) = delete;

  // The most that one client may ever take; without a limit everything.
  std::uint64_t most() const;
  // What may be used now without taking it first: a little more than what is free before eviction.
  std::uint64_t room() const;
  bool must_wait(std::uint64_t bytes) const { return first_ != nullptr || bytes > free(); }
  // Adds `bytes` to `charge` when they fit. The caller then waits until eviction has made them true.
  io::Task<Outcome> take(Place& place, LedgerCharge& charge, std::uint64_t bytes);
  // Called at the end of each turn: memory may have been released.
  void serve() {
    if (first_ != nullptr) serve_waiting();
  }
  bool waited_for() const { return first_ != nullptr; }
  // How long the first one has waited since others were served; 0 if none waits.
  std::int64_t stuck_us() const {
    return first_ == nullptr ? 0 : clock_.monotonic_us() - std::max(first_->since_us_, served_us_);
  }

 private:
  std::uint64_t least() const;
  std::uint64_t free() const;
  void serve_waiting();
  void remove(Place& place);

  Ledger& ledger_;
  io::Clock& clock_;
  Place* first_ = nullptr;
  Place* last_ = nullptr;
  std::int64_t served_us_ = 0;  // when a waiting one was last served
  bool patience_over_ = false;  // while waiting ones are served
};

}  // namespace terrace::storage
