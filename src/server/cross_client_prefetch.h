// CrossClientPrefetch: prefetches the keys of single commands that several connections have sent at the same time, as
// the dispatcher does for the commands of one pipeline: the cache misses of one command pass while the others are
// parsed.
// Ownership: owned by Server; connections that have joined are resumed in the same turn. Thread: the reactor's.
#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

#include "io/reactor.h"
#include "src/execution/command_batch.h"
#include "src/runtime/store.h"

namespace terrace {

class CrossClientPrefetch {
 public:
  CrossClientPrefetch(io::Reactor& reactor, Store& store) : reactor_(reactor), store_(store) {}

  class JoinAwaiter {
   public:
    JoinAwaiter(CrossClientPrefetch& prefetch, const CommandBatch& batch) : prefetch_(prefetch), batch_(batch) {}
    bool await_ready() const { return !prefetch_.worthwhile(batch_); }
    void await_suspend(std::coroutine_handle<> handle) { prefetch_.add(batch_, handle); }
    void await_resume() const { prefetch_.prefetch_records(); }

   private:
    CrossClientPrefetch& prefetch_;
    const CommandBatch& batch_;
  };
  // To be awaited before a batch's first run(). Does not suspend if no other connection has received commands, or if
  // the batch has several commands: the dispatcher prefetches those.
  JoinAwaiter join(const CommandBatch& batch) { return {*this, batch}; }

 private:
  struct Look {
    unsigned database;
    std::uint64_t hash;
  };

  bool worthwhile(const CommandBatch& batch) const;
  void add(const CommandBatch& batch, std::coroutine_handle<> waiter);
  void prefetch_records();

  io::Reactor& reactor_;
  Store& store_;
  std::vector<Look> looks_;
};

}  // namespace terrace
