// Workers: where CPU-heavy work goes, so that it does not hold the reactor. The work may touch only what it was given.
// Ownership: the work item lives in the awaiting coroutine's frame.
// Thread: run() is called and resumed on the reactor's thread; the function itself runs on another (in the simulation:
// on the same one, later).
#pragma once

#include <coroutine>
#include <utility>

namespace terrace::io {

struct WorkItem {
  void (*function)(void* argument) = nullptr;
  void* argument = nullptr;
  std::coroutine_handle<> waiter;
  WorkItem* next = nullptr;
};

class Workers {
 public:
  virtual ~Workers() = default;

  // Takes an item whose `waiter` is set; the waiter is resumed on the reactor's thread, never from within submit().
  virtual void submit(WorkItem& item) = 0;

  template <typename Function>
  class Awaiter {
   public:
    Awaiter(Workers& workers, Function function) : workers_(workers), function_(std::move(function)) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      item_ = {[](void* self) { static_cast<Awaiter*>(self)->function_(); }, this, handle, nullptr};
      workers_.submit(item_);
    }
    void await_resume() const noexcept {}

   private:
    Workers& workers_;
    Function function_;
    WorkItem item_;
  };

  // `co_await workers.run([&] { ... });` The function must not throw.
  template <typename Function>
  Awaiter<Function> run(Function function) {
    return {*this, std::move(function)};
  }
};

}  // namespace terrace::io
