// Reactor: one thread's event loop around one io_uring. Everything that waits, waits here: sockets, files, timers,
// worker threads. A turn is: completions, a few at a time and then the coroutines that they made ready; timers, turn
// hooks, then one submit-and-wait; what comes before the hooks is submitted before they run. Those who yield get a
// bounded share of it behind the hooks: the answers have left by then. Ownership: whoever makes it; all that was given
// a Reactor& must be gone, or have nothing in flight, before it goes. Thread: the one that called create(), and no
// other (the kernel refuses submissions from others).
#pragma once

#include <liburing.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "io/clock.h"
#include "io/completion.h"
#include "io/mailbox.h"
#include "io/receive_buffers.h"
#include "io/result.h"
#include "io/task.h"
#include "io/timer_heap.h"
#include "io/turn_hook.h"
#include "io/turn_meter.h"

namespace terrace::io {

struct ReactorOptions {
  unsigned submission_entries = 1024;  // more in one turn are submitted on the way
  unsigned completion_entries = 16384;
  unsigned receive_buffers = 512;  // a power of two
  std::size_t receive_buffer_bytes = 16384;
  unsigned registered_files = 4096;  // at most; files beyond work as well, a little slower
};

class Reactor final : public Clock {
 public:
  // kUnsupported with one sentence when the kernel lacks something.
  static Result<std::unique_ptr<Reactor>> create(const ReactorOptions& options = {});
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Turns until stop() is called on this thread; what the last turn prepared is submitted. May be run again.
  void run();
  void stop() { stopping_ = true; }
  // Runs until `task` is done, for programs and tests that have one thing to do.
  template <typename T>
  T block_on(Task<T> task);

  // Clock
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_us() const override;
  std::uint64_t monotonic_ns() const override;
  void submit(Timer& timer) override { timers_.push(timer.deadline_us, timer.waiter); }
  void submit_yield(std::coroutine_handle<> waiter) override { yielded_.push_back(waiter); }
  // When this turn began: good enough for statistics and cheap, not for deadlines of work that is long under way.
  std::int64_t turn_time_us() const { return turn_time_us_; }

  // Resumes `waiter` later in this turn, from the loop itself: no recursion, order of call.
  void post(std::coroutine_handle<> waiter) { ready_.push_back(waiter); }
  // Within a completion: another one is handled before those who post() now are resumed.
  bool another_follows() const { return another_follows_; }

  // Hooks run in order of registration.
  void add_turn_hook(TurnHook& hook) { hooks_.push_back(&hook); }
  void remove_turn_hook(TurnHook& hook) { std::erase(hooks_, &hook); }

  const TurnStatistics& turn_statistics() const { return meter_.statistics(); }
  void reset_worst_turn() { meter_.reset_worst(); }
  // One at most; null: nobody.
  void observe_turns(TurnObserver* observer) { meter_.observe(observer); }

  // For the parts of this floor that start operations.

  // A cleared entry that goes to the kernel within this turn; `completion` hears of its end. Valid until the
  // next prepare(). Fill it with io_uring_prep_*, which leave its user_data alone, before anything else.
  io_uring_sqe& prepare(Completion& completion);
  // Asks for the end of an operation. It still completes, with -ECANCELED or with what it had come to.
  void cancel(Completion& completion);
  ReceiveBuffers& receive_buffers() { return *buffers_; }
  Mailbox& mailbox() { return *mailbox_; }
  bool has_operation(int operation);
  // Enters an open file descriptor in the ring's file table, under its own number. False: use the descriptor itself.
  bool register_file(int fd);
  void unregister_file(int fd);

 private:
  // Completions taken from the ring at one go when it was full (see make_room).
  struct Arrived {
    Completion* completion;
    int result;
    unsigned flags;
  };

  Reactor() = default;
  void turn();
  void dispatch_completions();
  void dispatch_set_aside();
  void run_ready();
  void run_due_timers();
  void run_hooks();
  void run_yielded();
  void submit_early(unsigned least);
  void submit_and_wait();
  io_uring_sqe& next_entry();
  void make_room();
  void set_completions_aside();
  void read_mailbox();
  void on_mailbox_read(int result, unsigned flags);

  io_uring ring_{};
  bool has_ring_ = false;
  bool stopping_ = false;
  bool another_follows_ = false;
  unsigned registered_files_ = 0;
  std::int64_t turn_time_us_ = 0;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  std::vector<Arrived> set_aside_;
  std::vector<TurnHook*> hooks_;
  TimerHeap timers_;
  TurnMeter meter_;
  std::deque<std::coroutine_handle<>> yielded_;
  std::unique_ptr<ReceiveBuffers> buffers_;
  std::unique_ptr<Mailbox> mailbox_;
  CompletionOf<&Reactor::on_mailbox_read> mailbox_read_{*this};
};

namespace detail {

template <typename T>
Task<void> keep_result(Reactor& reactor, Task<T> task, std::optional<T>& result) {
  result.emplace(co_await task);
  reactor.stop();
}
inline Task<void> stop_after(Reactor& reactor, Task<void> task) {
  co_await task;
  reactor.stop();
}

}  // namespace detail

template <typename T>
T Reactor::block_on(Task<T> task) {
  std::optional<T> result;
  stopping_ = false;
  spawn(detail::keep_result(*this, std::move(task), result));
  if (!stopping_) run();
  TERRACE_CHECK(result.has_value());  // somebody else called stop()
  return std::move(*result);
}
template <>
inline void Reactor::block_on<void>(Task<void> task) {
  stopping_ = false;
  spawn(detail::stop_after(*this, std::move(task)));
  if (!stopping_) run();
}

}  // namespace terrace::io
