// WorkerPool: threads for CPU-heavy or blocking work, with a lower scheduling priority than the reactor: where both want
// a processor, the reactor gets it. Hence the reactor never takes a lock that a worker may hold.
// Ownership: items live in the awaiting coroutines' frames. The pool must be destroyed before its Reactor; submitted
// work is still done, and its waiters are resumed if the Reactor runs again.
// Thread: submit() on the reactor's.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "io/mailbox.h"
#include "io/reactor.h"
#include "io/workers.h"

namespace terrace::io {

class WorkerPool final : public Workers {
 public:
  // Threads are called "<name>-<number>" (of at most 15 characters), for top and perf. Each calls `at_rest` when it has
  // had nothing to do for kRest since it last worked.
  WorkerPool(Reactor& reactor, unsigned threads, const std::string& name = "worker",
             std::function<void()> at_rest = {});
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void submit(WorkItem& item) override;

  // Memory that a worker has allocated is freed by other threads some time later.
  static constexpr std::chrono::milliseconds kRest{500};

 private:
  void work();
  WorkItem* wait_for_item();
  bool item_comes_before_rest();
  void take_over();

  Mailbox& mailbox_;
  const std::function<void()> at_rest_;
  sem_t waiting_;  // one count for each item not taken yet, and at the end one for each thread
  std::atomic<WorkItem*> submitted_{nullptr};  // the latest first
  std::mutex taking_;                          // taken by workers only; guards first_
  WorkItem* first_ = nullptr;                  // taken from submitted_, the oldest first
  std::vector<std::thread> threads_;           // last: the threads use all the members above
};

}  // namespace terrace::io
