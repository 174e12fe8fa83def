#include "io/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "io/system_error.h"

namespace terrace::io {

Result<std::unique_ptr<Mailbox>> Mailbox::create() {
  // Not O_NONBLOCK: the ring would return EAGAIN instead of waiting.
  const int event_fd = ::eventfd(0, EFD_CLOEXEC);
  if (event_fd < 0) return system_error(errno, "make an eventfd");
  return std::unique_ptr<Mailbox>(new Mailbox(event_fd));
}

Mailbox::~Mailbox() {
  ::close(event_fd_);
}

void Mailbox::deliver(WorkItem& item) {
  WorkItem* head = arrived_.load(std::memory_order_relaxed);
  do {
    item.next = head;
  } while (!arrived_.compare_exchange_weak(head, &item, std::memory_order_release, std::memory_order_relaxed));
  if (head) return;  // the thread that delivered the first one wakes the reactor, which takes them all
  const std::uint64_t one = 1;
  TERRACE_CHECK(::write(event_fd_, &one, sizeof one) == sizeof one);
}

void Mailbox::prepare_read(io_uring_sqe& entry) {
  io_uring_prep_read(&entry, event_fd_, &wakes_, sizeof wakes_, 0);
}

void Mailbox::on_read(int result) {
  TERRACE_CHECK(result == sizeof wakes_ || result == -EINTR || result == -EAGAIN);
  WorkItem* item = arrived_.exchange(nullptr, std::memory_order_acquire);
  WorkItem* first = nullptr;
  while (item) {  // reversed: first delivered, first resumed
    WorkItem* next = item->next;
    item->next = first;
    first = item;
    item = next;
  }
  while (first) {
    WorkItem* next = first->next;  // the item is freed with its coroutine
    first->waiter.resume();
    first = next;
  }
}

}  // namespace terrace::io
