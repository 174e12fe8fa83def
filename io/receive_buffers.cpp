#include "io/receive_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

#include "io/system_error.h"

namespace terrace::io {

namespace {

// Buffers offered at first. One more for each receive that found none, so that soon they are enough for one turn.
constexpr unsigned kFirstWindow = 32;

void* map_anonymous(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

ReceiveBuffers::ReceiveBuffers(io_uring& ring, unsigned count, std::size_t buffer_size)
    : ring_(ring),
      count_(count),
      buffer_size_(buffer_size),
      low_water_(std::max(1U, count / 8)),
      free_(count),
      window_(std::min(count, kFirstWindow)),
      ring_bytes_(count * sizeof(io_uring_buf)),
      data_bytes_(count * buffer_size) {}

Result<std::unique_ptr<ReceiveBuffers>> ReceiveBuffers::create(io_uring& ring, unsigned count,
                                                               std::size_t buffer_size) {
  TERRACE_CHECK(count > 0 && count <= 32768 && (count & (count - 1)) == 0);
  std::unique_ptr<ReceiveBuffers> buffers(new ReceiveBuffers(ring, count, buffer_size));
  buffers->entries_ = static_cast<io_uring_buf_ring*>(map_anonymous(buffers->ring_bytes_));
  buffers->data_ = static_cast<std::byte*>(map_anonymous(buffers->data_bytes_));
  if (!buffers->entries_ || !buffers->data_) return system_error(ENOMEM, "map the receive buffers");

  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers->entries_);
  registration.ring_entries = count;
  registration.bgid = kGroup;
  const int status = io_uring_register_buf_ring(&ring, &registration, 0);
  if (status < 0) return system_error(-status, "register the receive buffers");
  buffers->registered_ = true;

  io_uring_buf_ring_init(buffers->entries_);
  buffers->spared_.reserve(count);
  for (unsigned id = count; id > 0; --id) buffers->spared_.push_back(static_cast<std::uint16_t>(id - 1));
  buffers->top_up();
  return buffers;
}

ReceiveBuffers::~ReceiveBuffers() {
  TERRACE_CHECK(first_ == nullptr);
  if (registered_) io_uring_unregister_buf_ring(&ring_, kGroup);
  if (entries_) ::munmap(entries_, ring_bytes_);
  if (data_) ::munmap(data_, data_bytes_);
}

void ReceiveBuffers::offer(std::uint16_t id) {
  io_uring_buf_ring_add(entries_, data_ + id * buffer_size_, static_cast<unsigned>(buffer_size_), id,
                        static_cast<int>(count_ - 1), 0);
  io_uring_buf_ring_advance(entries_, 1);
  ++offered_;
}

void ReceiveBuffers::top_up() {
  while (offered_ < window_ && !spared_.empty()) {
    offer(spared_.back());
    spared_.pop_back();
  }
}

const std::byte* ReceiveBuffers::take(std::uint16_t id) {
  TERRACE_CHECK(id < count_ && free_ > 0);
  --free_;
  --offered_;
  top_up();
  return data_ + id * buffer_size_;
}

void ReceiveBuffers::ran_out() {
  window_ = std::min(count_, window_ + 1);
  top_up();
}

void ReceiveBuffers::give_back(std::uint16_t id) {
  spared_.push_back(id);
  top_up();
  ++free_;
  // Waiters that starve again during this call are queued behind `end`, and wait for the next call.
  if (!first_ || !plenty()) return;
  BufferWaiter* const end = last_;
  for (BufferWaiter* waiter = nullptr; waiter != end && first_;) {
    waiter = first_;
    forget(*waiter);
    waiter->at_buffers_free();
  }
}

void ReceiveBuffers::wait(BufferWaiter& waiter) {
  waiter.previous_ = last_;
  waiter.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &waiter;
  last_ = &waiter;
}

void ReceiveBuffers::forget(BufferWaiter& waiter) {
  if (first_ != &waiter && !waiter.previous_) return;
  (waiter.previous_ ? waiter.previous_->next_ : first_) = waiter.next_;
  (waiter.next_ ? waiter.next_->previous_ : last_) = waiter.previous_;
  waiter.previous_ = waiter.next_ = nullptr;
}

}  // namespace terrace::io
