// ReceiveBuffers: a pool of buffers of one size. The kernel picks one for each piece of data that arrives on any socket
// (a provided-buffer ring), so an idle connection holds none. The kernel takes buffers in the order in which they are
// offered. So only a few are offered at a time, the most recently used first: only as many as the load needs become
// resident and stay in the cache.
// Ownership: belongs to the Reactor. A buffer is the kernel's until a completion names it, then the receiver's until
// give_back().
// Thread: the reactor's.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "io/result.h"

namespace terrace::io {

// A receiver whose receive ended because no buffer was free; it is called when there are free buffers again.
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
  static constexpr std::uint16_t kGroup = 0;  // this pool's number in the ring

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

  // Enough are free for a starved receiver to try again. While fewer are free, more than seven of eight buffers are
  // lent out, so a give_back() is certain to come.
  bool plenty() const { return free_ >= low_water_; }
  void wait(BufferWaiter& waiter);
  void forget(BufferWaiter& waiter);  // does nothing if it does not wait

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
  unsigned offered_ = 0;               // according to the completions handled so far
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
