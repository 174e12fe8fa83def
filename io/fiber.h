// Fiber: a function that runs on a separate stack and may wait for tasks in its middle. It is for code that cannot be a
// coroutine because other code calls it: what a script calls.
//
// Invariants:
// - The fiber belongs to the coroutine run(): it waits where run() waits, on the same thread, and ends before run() does.
// - The body returns. A body that waits is not destroyed: what it waits for ends.
// - What holds for a coroutine at co_await holds for the body at await(): no slice of activity (activity.h) spans it.
// Ownership: run()'s frame owns the fiber, FiberStacks the stacks. Thread: the reactor's, or the simulation's.
#pragma once

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "io/result.h"
#include "io/task.h"

namespace terrace::io {

// The stacks of fibers, some of them kept for the next. Must outlive all fibers that run on them.
class FiberStacks {
 public:
  // As much as a thread has: more than Lua's bound on nested calls lets a script use. Pages that the body never touches
  // take no memory. A page without access lies at the end: a body that needs more ends
  // the process, and overwrites nothing.
  static constexpr std::size_t kStackBytes = 8 << 20;

  FiberStacks() = default;
  ~FiberStacks();
  FiberStacks(const FiberStacks&) = delete;
  FiberStacks& operator=(const FiberStacks&) = delete;

  // Error: the kernel has no memory for one.
  Result<boost::context::stack_context> take();
  void give_back(boost::context::stack_context stack);

  // Gives the kernel what only deep calls have touched of free stacks. Returns the bytes of all stacks that are in memory.
  std::size_t trim();

 private:
  std::vector<boost::context::stack_context> free_;
  std::vector<boost::context::stack_context> taken_;
  bool touched_ = false;  // since the last trim()
};

class Fiber {
 public:
  using Body = std::function<void(Fiber&)>;

  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs `body` on a separate stack until it has returned. Error: there is no memory for a stack; the body has not run.
  static Task<Result<void>> run(FiberStacks& stacks, Body body);

  // For a caller that is no coroutine: resume() runs `body` until it leaves its stack or has returned, and is called
  // until ended(). `body` stays until then.
  static Result<std::unique_ptr<Fiber>> make(FiberStacks& stacks, const Body& body);
  void resume() { enter(); }
  bool ended() const { return ended_; }
  ~Fiber() = default;

  // Within the body: leaves its stack until the caller resumes it.
  void leave();

  // Within the body: leaves its stack until the task has ended.
  template <typename T>
  T await(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      wait_for(std::move(task));
    } else {
      std::optional<T> result;
      wait_for(store(std::move(task), result));
      return std::move(*result);
    }
  }

 private:
  // Which stack the sanitizer has to expect behind a switch.
  struct Side {
    const void* bottom = nullptr;
    std::size_t size = 0;
    void* fake_stack = nullptr;
  };

  Fiber(FiberStacks& stacks, boost::context::stack_context stack, const Body& body);

  template <typename T>
  static Task<> store(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await task);
  }

  void enter();
  void wait_for(Task<> task);

  bool ended_ = false;
  Task<> pending_;  // what the body waits for
  boost::context::fiber inside_;
  boost::context::fiber outside_;
  Side inner_;
  Side outer_;
};

}  // namespace terrace::io
