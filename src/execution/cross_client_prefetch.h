// CrossClientPrefetch: single commands of several connections that have arrived together look their keys up side by side, as
// those of one pipeline do: the cache misses of one pass while the others are parsed.
// Ownership: owned by Dispatcher; those who have joined are resumed within the same turn. Thread: the reactor's.
#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

namespace terrace {

struct Execution;
struct Services;

class CrossClientPrefetch {
 public:
  explicit CrossClientPrefetch(Services& services) : services_(services) {}

  class JoinAwaiter {
   public:
    JoinAwaiter(CrossClientPrefetch& prefetch, const Execution& execution)
        : prefetch_(prefetch), execution_(execution) {}
    bool await_ready() const { return !prefetch_.worthwhile(execution_); }
    void await_suspend(std::coroutine_handle<> handle) { prefetch_.add(execution_, handle); }
    void await_resume() const { prefetch_.prefetch_records(); }

   private:
    CrossClientPrefetch& prefetch_;
    const Execution& execution_;
  };
  // Before a batch's first run(). Returns at once where there is nobody to join, and for a batch of several commands,
  // which is prefetched by itself.
  JoinAwaiter join(const Execution& execution) { return {*this, execution}; }

 private:
  struct Look {
    unsigned database;
    std::uint64_t hash;
  };

  bool worthwhile(const Execution& execution) const;
  void add(const Execution& execution, std::coroutine_handle<> waiter);
  void prefetch_records();

  Services& services_;
  std::vector<Look> looks_;
};

}  // namespace terrace
