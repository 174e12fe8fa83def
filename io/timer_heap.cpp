#include "io/timer_heap.h"

#include <algorithm>

namespace terrace::io {

void TimerHeap::push(std::int64_t deadline_us, std::coroutine_handle<> waiter) {
  entries_.push_back({deadline_us, next_arrival_++, waiter});
  std::push_heap(entries_.begin(), entries_.end());
}

std::coroutine_handle<> TimerHeap::pop_due(std::int64_t now_us, std::uint64_t arrival) {
  if (entries_.empty()) return {};
  const Entry& top = entries_.front();
  if (top.deadline_us > now_us || top.arrival >= arrival) return {};
  std::coroutine_handle<> waiter = top.waiter;
  std::pop_heap(entries_.begin(), entries_.end());
  entries_.pop_back();
  return waiter;
}

}  // namespace terrace::io
