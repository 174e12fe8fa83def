// TimerHeap: coroutines to resume at a given time, the earliest first, equal times in order of arrival.
// Ownership: keeps handles only; the coroutines must live until they are taken.
// Thread: the reactor's.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrace::io {

class TimerHeap {
 public:
  void push(std::int64_t deadline_us, std::coroutine_handle<> waiter);
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::int64_t earliest_us() const { return entries_.front().deadline_us; }

  // Timers that arrive from now on have this number or a higher one. pop_due() leaves them alone: a coroutine that
  // sleeps again for no time, while the due ones are resumed, waits for the next round.
  std::uint64_t next_arrival() const { return next_arrival_; }
  // The earliest coroutine that is due at `now_us` and arrived before `arrival`; null if there is none.
  std::coroutine_handle<> pop_due(std::int64_t now_us, std::uint64_t arrival);

 private:
  struct Entry {
    std::int64_t deadline_us;
    std::uint64_t arrival;
    std::coroutine_handle<> waiter;
    bool operator<(const Entry& other) const {  // std's heaps have the greatest on top
      return deadline_us != other.deadline_us ? deadline_us > other.deadline_us : arrival > other.arrival;
    }
  };

  std::vector<Entry> entries_;
  std::uint64_t next_arrival_ = 0;
};

}  // namespace terrace::io
