// Mailbox: where other threads leave finished work items for the reactor. One wake-up may stand for many items.
// Ownership: belongs to the Reactor; an item lives in the frame of the coroutine that waits for it.
// Thread: deliver() from any thread, all else on the reactor's.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "io/completion.h"
#include "io/result.h"
#include "io/workers.h"

namespace terrace::io {

class Reactor;

class Mailbox {
 public:
  static Result<std::unique_ptr<Mailbox>> create(Reactor& reactor);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Has `item.waiter` resumed on the reactor's thread. The item may be gone when this returns.
  void deliver(WorkItem& item);

 private:
  Mailbox(Reactor& reactor, int event_fd);
  void listen();
  void on_wake(int result, unsigned flags);

  Reactor& reactor_;
  const int event_fd_;
  std::uint64_t wakes_ = 0;
  CompletionOf<&Mailbox::on_wake> woken_{*this};
  // The latest first; who finds it empty wakes the reactor.
  std::atomic<WorkItem*> arrived_{nullptr};
};

}  // namespace terrace::io
