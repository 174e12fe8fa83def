#include "io/worker_pool.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "io/scheduling.h"

namespace terrace::io {

WorkerPool::WorkerPool(Reactor& reactor, unsigned threads, const std::string& name, std::function<void()> at_rest)
    : mailbox_(reactor.mailbox()), at_rest_(std::move(at_rest)) {
  TERRACE_CHECK(threads > 0 && sem_init(&waiting_, 0, 0) == 0);
  // Threads inherit the mask: signals are handled on the reactor's thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (unsigned number = 0; number < threads; ++number) {
    threads_.emplace_back([this] { work(); });
    const std::string full_name = (name + "-" + std::to_string(number)).substr(0, 15);
    pthread_setname_np(threads_.back().native_handle(), full_name.c_str());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WorkerPool::~WorkerPool() {
  for (std::size_t i = 0; i < threads_.size(); ++i) sem_post(&waiting_);
  for (std::thread& thread : threads_) thread.join();
  sem_destroy(&waiting_);
}

void WorkerPool::submit(WorkItem& item) {
  WorkItem* head = submitted_.load(std::memory_order_relaxed);
  do {
    item.next = head;
  } while (!submitted_.compare_exchange_weak(head, &item, std::memory_order_release, std::memory_order_relaxed));
  sem_post(&waiting_);
}

bool WorkerPool::item_comes_before_rest() {
  timespec end{};
  clock_gettime(CLOCK_MONOTONIC, &end);
  const auto nanoseconds = std::chrono::nanoseconds(kRest).count() + end.tv_nsec;
  end.tv_sec += nanoseconds / 1'000'000'000;
  end.tv_nsec = nanoseconds % 1'000'000'000;
  while (sem_clockwait(&waiting_, CLOCK_MONOTONIC, &end) != 0) {
    if (errno == ETIMEDOUT) return false;
    TERRACE_CHECK(errno == EINTR);
  }
  return true;
}

// Null when the pool closes and no work is left.
WorkItem* WorkerPool::wait_for_item() {
  if (!at_rest_ || !item_comes_before_rest()) {
    if (at_rest_) at_rest_();
    while (sem_wait(&waiting_) != 0) TERRACE_CHECK(errno == EINTR);
  }
  const std::lock_guard lock(taking_);
  if (!first_) take_over();
  WorkItem* item = first_;
  if (item) first_ = item->next;
  return item;
}

// Reverses what was submitted: first submitted, first served.
void WorkerPool::take_over() {
  WorkItem* item = submitted_.exchange(nullptr, std::memory_order_acquire);
  while (item) {
    WorkItem* next = item->next;
    item->next = first_;
    first_ = item;
    item = next;
  }
}

void WorkerPool::work() {
  run_behind();
  while (WorkItem* item = wait_for_item()) {
    item->function(item->argument);
    mailbox_.deliver(*item);
  }
}

}  // namespace terrace::io
