// Reactor: one thread's event loop around one io_uring. Sockets, files, timers and worker threads all wait here.
//
// A turn:
//
//    completions    a few, then the coroutines they made ready, and so on until none is left; what these prepare is
//                   submitted in small batches
//    timers         those that are due; what they prepare is submitted
//    turn hooks     the server writes the log and sends replies here
//    yielded        background work that has yielded (Clock::yield), for a bounded time: the replies have left by then
//    submit, wait   one system call
//
// Ownership: belongs to the program. Everything that was given a Reactor& must be destroyed, or have no operation in
// flight, before the Reactor is.
// Thread: the one that called create(): the kernel refuses submissions from any other.
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
  unsigned submission_entries = 1024;  // if a turn prepares more, they are submitted during the turn
  unsigned completion_entries = 16384;
  unsigned receive_buffers = 512;  // a power of two
  std::size_t receive_buffer_bytes = 16384;
  unsigned registered_files = 4096;  // at most; further files work too, a little slower
};

class Reactor final : public Clock {
 public:
  // kUnsupported, with one sentence that names it, when the kernel lacks something.
  static Result<std::unique_ptr<Reactor>> create(const ReactorOptions& options = {});
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs turns until stop() is called on this thread; what the last turn prepared is submitted. May be called again.
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
  // When this turn began. Cheap, and exact enough for statistics; not for deadlines of work that takes long.
  std::int64_t turn_time_us() const { return turn_time_us_; }

  // Resumes `waiter` later in this turn, from the loop itself: without recursion, in order of call.
  void post(std::coroutine_handle<> waiter) { ready_.push_back(waiter); }
  // During a completion: another completion is handled before the coroutines that were given to post() are resumed.
  bool another_follows() const { return another_follows_; }

  // Hooks run in order of registration.
  void add_turn_hook(TurnHook& hook) { hooks_.push_back(&hook); }
  void remove_turn_hook(TurnHook& hook) { std::erase(hooks_, &hook); }

  const TurnStatistics& turn_statistics() const { return meter_.statistics(); }
  void reset_worst_turn() { meter_.reset_worst(); }
  // At most one observer; null removes it.
  void observe_turns(TurnObserver* observer) { meter_.observe(observer); }

  // For the parts of this floor that start operations.

  // A cleared entry, which is submitted within this turn; `completion` is called when the operation ends. The entry is
  // valid until the next prepare(). Fill it with io_uring_prep_* first: they leave its user_data alone.
  io_uring_sqe& prepare(Completion& completion);
  // Asks the kernel to end an operation. It still completes, with -ECANCELED or with its result.
  void cancel(Completion& completion);
  ReceiveBuffers& receive_buffers() { return *buffers_; }
  Mailbox& mailbox() { return *mailbox_; }
  bool has_operation(int operation);
  // Enters an open file descriptor in the ring's file table, under its number. False: use the descriptor itself.
  bool register_file(int fd);
  void unregister_file(int fd);

 private:
  // Completions taken from the ring all together, when it was full (see make_room).
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
  TERRACE_CHECK(result.has_value());  // another call of stop() ended run()
  return std::move(*result);
}
template <>
inline void Reactor::block_on<void>(Task<void> task) {
  stopping_ = false;
  spawn(detail::stop_after(*this, std::move(task)));
  if (!stopping_) run();
}

}  // namespace terrace::io
