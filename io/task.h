// Task<T>: the one async idiom: a lazy coroutine that starts when it is awaited and resumes its awaiter when it ends.
// Ownership: the Task owns its coroutine frame; the awaiting expression keeps the Task alive until it is done.
// Thread: the thread of its reactor (or simulation) only; nothing here is synchronised.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "io/result.h"

namespace terrace::io {

template <typename T>
class Task;

namespace detail {

struct PromiseBase {
  // The coroutine to resume when this one ends. Null until this one has suspended: until then its awaiter is still
  // running.
  std::coroutine_handle<> awaiter;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().awaiter ? self.promise().awaiter : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  // Exceptions do not cross floors: one that arrives here is a defect.
  [[noreturn]] void unhandled_exception() const noexcept { panic(__FILE__, __LINE__, "exception left a Task"); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object() noexcept;
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { destroy(); }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    // A task that ends without waiting does not suspend its awaiter. (Symmetric transfer would do as well, except in
    // builds without tail calls, where a loop over such tasks would use up the stack.)
    bool await_suspend(std::coroutine_handle<> awaiter) const {
      handle.resume();
      if (handle.done()) return false;
      handle.promise().awaiter = awaiter;
      return true;
    }
    T await_resume() const { return handle.promise().take(); }
  };
  Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

 private:
  void destroy() {
    if (handle_) handle_.destroy();
  }

  Handle handle_;
};

namespace detail {

template <typename T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// A coroutine without an awaiter: starts at once, frees itself when it ends.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { panic(__FILE__, __LINE__, "exception left a Task"); }
  };
};

inline Detached run_detached(Task<void> task) {
  co_await task;
}

}  // namespace detail

// Starts `task` now, detached. The owner of what the task uses must outlive it: it holds a Gate.
inline void spawn(Task<void> task) {
  detail::run_detached(std::move(task));
}

}  // namespace terrace::io
