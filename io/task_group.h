// TaskGroup: tasks that run side by side, at most so many at a time; the first error is the group's.
// Ownership: lies in the frame of the coroutine that starts the tasks, which awaits wait() before the frame ends.
// Thread: the reactor's (or the simulation's).
#pragma once

#include <cstdint>
#include <utility>

#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::io {

class TaskGroup {
 public:
  explicit TaskGroup(std::uint64_t most) : places_(most) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() { TERRACE_CHECK(running_ == 0); }

  // To be awaited before each start().
  Semaphore::Awaiter place() { return places_.acquire(); }
  void start(Task<Result<void>> task) {
    ++running_;
    spawn(run(std::move(task)));
  }
  bool failed() const { return !result_.ok(); }
  // Until all tasks have ended.
  Task<Result<void>> wait() {
    while (running_ > 0) co_await ended_.wait();
    co_return result_;
  }

 private:
  Task<void> run(Task<Result<void>> task) {
    Result<void> result = co_await std::move(task);
    if (!result.ok() && result_.ok()) result_ = std::move(result);
    places_.release();
    // Resumes who waits for the group, which may end before this coroutine; nothing of it is used after this.
    if (--running_ == 0) ended_.notify();
  }

  Semaphore places_;
  std::uint64_t running_ = 0;
  Result<void> result_;
  Event ended_;
};

}  // namespace terrace::io
