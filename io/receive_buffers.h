// ReceiveBuffers: the pool of equal buffers from which the kernel picks one for each piece of data that arrives on any
// socket (a provided-buffer ring), so that an idle connection holds none. The kernel takes them in the order in which
// they are offered, so it is offered a few at a time, those first that were used last: memory and caches hold what the
// load needs and not the whole pool. Ownership: belongs to the Reactor. A buffer is the kernel's until a completion
// names it, then the receiver's until give_back(). Thread: the reactor's.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "io/result.h"

namespace terrace::io {

// Somebody whose receive ended because no buffer was free, and who is told when there are some again.
class BufferWaiter {
 public:
  virtual void at_buffers_free() = 0;

 protected:
  ~BufferWaiter() = default;

 private:
  friend class ReceiveBuffers;
  BufferWaiter* previous_ = nullptr;
  BufferWaiter* next_ = nullptr;
};

class ReceiveBuffers {
 public:
  static constexpr std::uint16_t kGroup = 0;  // the ring's number of this pool

  // `count` is a power of two, at most 32768.
  static Result<std::unique_ptr<ReceiveBuffers>> create(io_uring& ring, unsigned count, std::size_t buffer_size);
  ~ReceiveBuffers();
  ReceiveBuffers(const ReceiveBuffers&) = delete;
  ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

  unsigned count() const { return count_; }
  unsigned free_count() const { return free_; }

  // The receiver's side: a completion named buffer `id`.
  const std::byte* take(std::uint16_t id);
  void give_back(std::uint16_t id);
  // A receive ended because no buffer was offered.
  void ran_out();

  // Enough are free for a starved receiver to try again. Below this, more than seven of eight buffers are lent out, so
  // a give_back() is sure to come.
  bool plenty() const { return free_ >= low_water_; }
  void wait(BufferWaiter& waiter);
  void forget(BufferWaiter& waiter);  // who does not wait is fine

 private:
  ReceiveBuffers(io_uring& ring, unsigned count, std::size_t buffer_size);
  void offer(std::uint16_t id);
  void top_up();

  io_uring& ring_;
  const unsigned count_;
  const std::size_t buffer_size_;
  const unsigned low_water_;
  unsigned free_;
  unsigned window_;                    // buffers that are offered at once
  unsigned offered_ = 0;               // as far as completions have told
  std::vector<std::uint16_t> spared_;  // free and not offered; the last one was used last
  std::size_t ring_bytes_ = 0;
  std::size_t data_bytes_ = 0;
  io_uring_buf_ring* entries_ = nullptr;
  std::byte* data_ = nullptr;
  bool registered_ = false;
  BufferWaiter* first_ = nullptr;
  BufferWaiter* last_ = nullptr;
};

}  // namespace terrace::io
