// MemoryQueue: large memory beside the records (a large request, a value that is read for a command, a large reply) is
// taken here before it grows, so that all of it together stays below the ledger's limit. Records give way to it. Who
// does not find room waits, in the order of asking.
//
// Large requests wait in a separate lane: a client may leave one half-sent for as long as it likes. All of them together
// take at most half of the limit, so that others do not wait for them. One alone may take more.
//
// Invariants:
// - A large wish is not passed by later ones of its lane. After half a second a large request is not passed by others
//   either, unless it waits for its lane's share.
// - A waiting client holds nothing that it took here for the same command: it has given that back and asks for the sum.
//   Otherwise two clients could wait for each other.
// Ownership: owned by the store; borrows the ledger and the clock. Thread: the reactor's.
#pragma once

#include <array>
#include <cstdint>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/memory/ledger.h"

namespace terrace::storage {

class MemoryQueue {
 public:
  enum class Lane : std::uint8_t { kLargeRequests, kOthers };
  // Where one client waits. Ownership: the client's; it must not be destroyed while it waits.
  class Place {
   public:
    bool waits() const { return queue_ != nullptr; }
    // Ends the wait: take() returns kLeft. Does nothing if the client does not wait.
    void leave();

   private:
    friend class MemoryQueue;
    MemoryQueue* queue_ = nullptr;
    Lane lane_ = Lane::kOthers;
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
  ~MemoryQueue() { TERRACE_CHECK(!anyone_waits()); }
  MemoryQueue(const MemoryQueue&) = delete;
  MemoryQueue& operator=(const MemoryQueue&) = delete;

  // The most that one client may ever take; without a limit everything.
  std::uint64_t most() const;
  // What may be used now without taking it first: a little more than what is free before eviction.
  std::uint64_t room() const;
  bool must_wait(Lane lane, std::uint64_t bytes) const;
  // Adds `bytes` to `charge` when they fit. The caller then waits until eviction has made them true.
  io::Task<Outcome> take(Place& place, LedgerCharge& charge, Lane lane, std::uint64_t bytes);
  // Called at the end of each turn: memory may have been released.
  void serve() {
    if (anyone_waits()) serve_waiting();
  }
  // Someone waits for what records, values and replies hold.
  bool waited_for() const;
  // Bytes that all who wait ask for.
  std::uint64_t wanted() const;
  // How long nobody has been served while someone waited; 0 if nobody waits.
  std::int64_t stuck_us() const;

 private:
  struct Waiting {
    Place* first = nullptr;
    Place* last = nullptr;
  };

  std::uint64_t least() const;
  std::uint64_t free() const;
  std::uint64_t free_for_requests() const;
  bool anyone_waits() const { return lanes_[0].first != nullptr || lanes_[1].first != nullptr; }
  Waiting& lane(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  const Waiting& lane(Lane lane) const { return lanes_[static_cast<std::size_t>(lane)]; }
  bool request_comes_first() const;
  Place* next() const;
  bool may_pass_overhead(std::uint64_t bytes) const;
  void serve_waiting();
  void remove(Place& place);

  Ledger& ledger_;
  io::Clock& clock_;
  std::array<Waiting, 2> lanes_;  // by Lane
  std::int64_t served_us_ = 0;    // when a waiting one was last served
  bool overhead_counts_ = true;   // but for who has waited long
};

}  // namespace terrace::storage
