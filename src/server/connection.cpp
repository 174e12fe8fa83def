#include "src/server/connection.h"

#include "io/reactor.h"
#include "io/socket.h"
#include "src/execution/dispatcher.h"
#include "src/resp/reply.h"
#include "src/runtime/logger.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "src/server/reply_gate.h"

namespace terrace {
namespace {

// Reply buffers larger than this are given back once sent.
constexpr std::size_t kMaxKeptBuffer = 64 * 1024;

}  // namespace

Connection::Connection(io::Reactor& reactor, int fd, Services& services, const Settings& settings, ReplyGate& gate)
    : services_(services), settings_(settings), gate_(gate), stream_(reactor, fd) {
  client_.socket = fd;
  client_.address = io::peer_address(fd);
  client_.local_address = io::local_address(fd);
  client_.authenticated = settings.password.empty();
  client_.may_block = true;
  client_.created_ms = client_.last_interaction_ms = reactor.wall_ms();
}

Connection::~Connection() {
  gate_.forget(*this);
}

// As in Redis a blocked client whose peer has ended is gone, whatever else it had sent.
void Connection::at_peer_gone() {
  if (client_.blocked) abort();
}

io::Task<> Connection::run() {
  stream_.watch_peer(this);
  io::spawn(send_replies());
  co_await receive_commands();
  co_await drain();
  ended_ = true;
  client_.closing = true;
  to_send_.notify();
  co_await stream_.close();
  while (!tasks_.idle()) co_await tasks_.wait();
}

io::Task<> Connection::receive_commands() {
  while (!gone() && !client_.close_after_reply) {
    auto received = co_await stream_.receive();
    if (!received.ok() || received->empty()) break;
    std::string_view bytes(reinterpret_cast<const char*>(received->data()), received->size());
    services_.statistics.input_bytes += bytes.size();
    ++services_.statistics.reads_processed;
    Dispatcher& dispatcher = services_.dispatcher;
    std::unique_ptr<Execution> execution = dispatcher.pool().take();
    RequestParser::Status status = parser_.parse(bytes, limits(), execution->batch);
    execution->begin(client_, output_, services_.reactor.wall_ms());
    client_.last_interaction_ms = execution->now_ms;
    co_await dispatcher.prefetch().join(*execution);
    bool lent = true;
    while (!dispatcher.run(*execution)) {
      gate_.mark(*this);
      if (lent) {
        execution->own(bytes);
        stream_.release();
        lent = false;
      }
      co_await wait(*execution);
      if (broken_) break;
    }
    dispatcher.pool().give_back(std::move(execution));
    if (status != RequestParser::Status::kOk) answer_protocol_error(status);
    gate_.mark(*this);
    if (lent) stream_.release();
    co_await wait_until_sent();
  }
}

io::Task<> Connection::wait(Execution& execution) {
  if (execution.wait == Execution::Wait::kSent) {
    co_await wait_until_sent();
    execution.wait = Execution::Wait::kNothing;
    co_return;
  }
  if (client_.blocked && stream_.peer_gone()) abort();
  co_await services_.dispatcher.wait(execution);
}

// While memory is short, replies leave before more are made.
io::Task<> Connection::wait_until_sent() {
  while (unsent_bytes() > Execution::kMaxUnsentWhenShort && !gone() && !services_.store.loading() &&
         services_.store.engine().memory_short()) {
    co_await sent_.wait();
  }
}

void Connection::answer_protocol_error(RequestParser::Status status) {
  if (status == RequestParser::Status::kTooLarge) {
    services_.logger.warning("Closing client that reached max query buffer length: " + client_.address);
    ++services_.statistics.buffer_disconnections;
    client_.closing = true;
    return;
  }
  if (client_.close_after_reply || client_.closing) return;
  Reply(output_.bytes(), client_.protocol).error(parser_.error());
  ++services_.statistics.error_replies;
  ++services_.statistics.errors["ERR"];
  client_.close_after_reply = true;
}

RequestParser::Limits Connection::limits() const {
  return {static_cast<std::uint64_t>(settings_.max_bulk_bytes),
          static_cast<std::uint64_t>(settings_.query_buffer_bytes), client_.authenticated};
}

void Connection::flush(std::uint64_t released) {
  if (client_.closing) {
    stream_.shutdown();
    sent_.notify();
    return;
  }
  if (sending_ || broken_) return;
  std::size_t size = output_.releasable(released);
  if (over_limit()) return abort();
  if (size == 0) return;
  output_.take(size, in_flight_);
  sending_ = true;
  to_send_.notify();
}

bool Connection::over_limit() {
  const OutputLimit& limit = settings_.output_limits[0];
  std::size_t bytes = unsent_bytes();
  bool hard = limit.hard_bytes > 0 && bytes > limit.hard_bytes;
  bool soft = limit.soft_bytes > 0 && bytes > limit.soft_bytes;
  std::int64_t now_ms = services_.reactor.turn_time_us() / 1000;
  if (!soft) {
    over_soft_limit_since_ms_ = 0;
  } else if (over_soft_limit_since_ms_ == 0) {
    over_soft_limit_since_ms_ = now_ms;
    soft = false;
  } else {
    soft = now_ms - over_soft_limit_since_ms_ > limit.soft_seconds * 1000;
  }
  if (!hard && !soft) return false;
  services_.logger.warning("Client " + client_.address + " closed for overcoming of output buffer limits.");
  ++services_.statistics.buffer_disconnections;
  return true;
}

io::Task<> Connection::send_replies() {
  io::Gate::Holder holder = tasks_.hold();
  for (;;) {
    while (!sending_ && !ended_) co_await to_send_.wait();
    if (ended_) break;
    std::size_t size = in_flight_.size();
    Result<void> sent = co_await stream_.send(std::as_bytes(std::span(in_flight_)));
    sending_ = false;
    services_.statistics.output_bytes += size;
    ++services_.statistics.writes_processed;
    if (!sent.ok()) {
      broken_ = true;
      stream_.shutdown();
      services_.dispatcher.leave(client_);
    }
    if (in_flight_.capacity() > kMaxKeptBuffer) {
      in_flight_ = std::string();
    } else {
      in_flight_.clear();
    }
    if (output_.size() > 0) gate_.mark(*this);
    sent_.notify();
  }
}

// What was answered is sent before the socket is closed, unless nobody takes it.
io::Task<> Connection::drain() {
  if (output_.size() > 0) gate_.mark(*this);
  while (unsent_bytes() > 0 && !gone()) co_await sent_.wait();
}

void Connection::abort() {
  if (client_.closing) return;
  client_.closing = true;
  services_.dispatcher.leave(client_);
  stream_.shutdown();
  sent_.notify();
}

void Connection::finish() {
  client_.close_after_reply = true;
  if (unsent_bytes() == 0) stream_.shutdown();
}

}  // namespace terrace
