// Mailbox: where other threads leave finished work items for the reactor. One wake-up may stand for many items.
//
// An eventfd wakes the reactor when the mailbox is no longer empty. The reactor keeps one read of it in flight:
// prepare_read() fills the ring's entry, on_read() takes the result and resumes the items' waiters; then the next read
// is prepared.
// Ownership: belongs to the Reactor; an item lives in the frame of the coroutine that waits for it. The ring must close
// before the mailbox is destroyed: the read in flight writes into it.
// Thread: deliver() from any thread, all else on the reactor's.
#pragma once

#include <liburing.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "io/result.h"
#include "io/workers.h"

namespace terrace::io {

class Mailbox {
 public:
  static Result<std::unique_ptr<Mailbox>> create();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Has `item.waiter` resumed on the reactor's thread. The item may be gone when this returns.
  void deliver(WorkItem& item);

  // Makes `entry` the read that completes when an item is delivered.
  void prepare_read(io_uring_sqe& entry);
  // `result` is that read's. Resumes the waiters of all delivered items, in order of delivery.
  void on_read(int result);

 private:
  explicit Mailbox(int event_fd) : event_fd_(event_fd) {}

  const int event_fd_;
  std::uint64_t wakes_ = 0;
  // The latest first; the thread that finds it empty wakes the reactor.
  std::atomic<WorkItem*> arrived_{nullptr};
};

}  // namespace terrace::io
