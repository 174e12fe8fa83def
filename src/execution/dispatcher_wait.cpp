// The slow path of Dispatcher: what a batch waits for.
#include "io/reactor.h"
#include "src/execution/context.h"
#include "src/execution/dispatcher.h"
#include "src/runtime/store.h"

namespace terrace {

io::Task<> Dispatcher::wait(Execution& x) {
  if (x.wait == Execution::Wait::kKeys) {
    co_await x.unblocked.wait();
    x.wait = Execution::Wait::kNothing;
    x.now_ms = services_.reactor.wall_ms();
    co_return;
  }
  ++waiting_;
  switch (x.wait) {
    case Execution::Wait::kNothing:
    case Execution::Wait::kSent:  // the connection's own
    case Execution::Wait::kKeys:
      break;
    case Execution::Wait::kServing:
      co_await served_.wait();
      break;
    case Execution::Wait::kFetch:
      co_await wait_for_fetch(x);
      break;
    case Execution::Wait::kImage:
      co_await services_.store.engine().object_serialized().wait();
      break;
    case Execution::Wait::kRoom:
      co_await services_.store.engine().wait_for_room();
      break;
    case Execution::Wait::kPause:
      ++pause_.waiting;
      x.client->paused = true;
      co_await pause_.ended().wait();
      x.client->paused = false;
      --pause_.waiting;
      x.state.fetched_records.clear();  // the store may have been reloaded meanwhile
      break;
    case Execution::Wait::kAsync:
      co_await wait_for_async(x);
      break;
    case Execution::Wait::kTurn:
      co_await services_.reactor.sleep_us(0);
      break;
  }
  --waiting_;
  x.wait = Execution::Wait::kNothing;
  x.now_ms = services_.reactor.wall_ms();
}

// An error is the running command's only if its own locations alone bring it about.
io::Task<> Dispatcher::wait_for_fetch(Execution& x) {
  bool looked_ahead = x.looked_ahead;
  x.looked_ahead = false;
  storage::Engine& engine = services_.store.engine();
  Result<void> fetched = co_await engine.fetch(x.state.missing, x.state.fetched_records);
  x.state.missing.clear();
  if (fetched.ok() && !x.state.missing_heads.empty()) {
    fetched = co_await engine.fetch_heads(x.state.missing_heads, x.state.heads);
  }
  x.state.missing_heads.clear();
  if (fetched.ok() && x.state.copy) co_await x.state.copy->make(services_.reactor);
  if (fetched.ok()) co_return;
  if (looked_ahead) {
    x.look_ahead = false;
  } else {
    x.fetch_error = fetched.error().message;
  }
}

// The reply is written aside: the connection's own buffer may be sent from meanwhile.
io::Task<> Dispatcher::wait_for_async(Execution& x) {
  OutputBuffer aside;
  OutputBuffer* output = x.output;
  std::span<const std::string_view> arguments = x.batch.arguments_of(x.batch.requests[x.next]);
  x.state.begin_run();
  Reply reply(aside.bytes(), x.client->protocol);
  Context context(arguments, reply, *x.entry->row, *x.client, services_, services_.store.engine(), services_.statistics,
                  x.state, x.now_ms, x.replaying);
  std::uint64_t start_us = static_cast<std::uint64_t>(services_.reactor.monotonic_us());
  co_await x.entry->row->run_async(context);
  last_ns_ = start_us * 1000;
  std::size_t start = output->size();
  output->bytes() += aside.bytes();
  finish(x, start);
  ++x.next;
  serve_blocked();
}

}  // namespace terrace
