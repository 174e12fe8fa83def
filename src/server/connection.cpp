#include "src/server/connection.h"

#include <algorithm>

#include "io/socket.h"
#include "src/resp/reply.h"

namespace terrace {

using storage::Account;
using storage::LedgerCharge;

namespace {

// A client's buffer is kept for its next requests and replies, unless it is larger, or those of all clients together are.
constexpr std::size_t kMaxKeptBuffer = 64 << 10;
constexpr std::size_t kMostKeptBuffers = 16 << 20;
// Of replies to a client that has not told who it is, and does not read: as much as Redis holds for it.
constexpr std::size_t kMostUnauthenticated = 17 * 1024;

}  // namespace

Connection::Connection(const Parts& parts, int fd)
    : Channel(parts.store.ledger()),
      parts_(parts),
      session_(parts.store.ledger()),
      inbox_(session_, *this, parts.gate, parts.settings),
      stream_(parts.reactor, fd),
      parser_(parts.store.ledger()),
      charge_(parts.store.ledger(), Account::kConnections, sizeof(Connection)),
      queue_charge_(parts.store.ledger(), Account::kQueryBuffers),
      in_flight_charge_(parts.store.ledger(), Account::kReplies) {
  session_.socket = fd;
  session_.address = io::peer_address(fd);
  session_.local_address = io::local_address(fd);
  parts.acl.begin(session_);
  session_.may_block = true;
  session_.created_ms = session_.last_interaction_ms = parts.reactor.wall_ms();
}

Connection::~Connection() {
  parts_.gate.forget(*this);
  parts_.dispatcher.forget(session_);
}

// As in Redis, a blocked client ends when its peer has closed the connection, even if it has sent further commands.
void Connection::at_peer_gone() {
  if (session_.blocked) abort();
}

io::Task<> Connection::run() {
  stream_.watch(this);
  io::spawn(send_replies());
  co_await receive_commands();
  co_await drain();
  ended_ = true;
  session_.closing = true;
  to_send_.notify();
  co_await stream_.close();
  while (!tasks_.idle()) co_await tasks_.wait();
}

io::Task<> Connection::receive_commands() {
  RequestParser::Status status = RequestParser::Status::kOk;
  while (!gone() && !session_.close_after_reply) {
    std::string_view bytes;
    // What came behind AUTH in the same bytes has been received.
    bool lent = status != RequestParser::Status::kUnauthenticated;
    if (lent) {
      receiving_ = true;
      auto received = co_await stream_.receive(pace());
      receiving_ = false;
      if (!received.ok() || received->empty()) break;
      bytes = {reinterpret_cast<const char*>(received->data()), received->size()};
      parts_.statistics.input_bytes += bytes.size();
      ++parts_.statistics.reads_processed;
    }
    Dispatcher& dispatcher = parts_.dispatcher;
    std::unique_ptr<CommandBatch> batch = dispatcher.pool().take();
    status = queues_too_much(bytes.size()) ? RequestParser::Status::kTooLarge
                                           : parser_.parse(bytes, limits(), batch->requests);
    batch->begin(session_, output(), kClientOrigin, parts_.reactor.wall_ms());
    running_ = batch.get();
    running_bytes_ = bytes.size() - std::min(bytes.size(), parser_.pending_bytes());
    session_.last_interaction_ms = batch->now_ms;
    co_await parts_.prefetch.join(*batch);
    while (!dispatcher.run(*batch)) {
      parts_.gate.mark(*this);
      if (lent) {
        batch->own(bytes);
        stream_.release();
        lent = false;
      }
      co_await wait(*batch);
      if (broken_ && !batch->must_end()) break;
    }
    if (Dispatcher::has_many_records(*batch)) {
      parts_.gate.mark(*this);
      co_await dispatcher.free_records(*batch);
    }
    const bool waited_for_room = batch->waited_for_room;
    running_ = nullptr;
    running_bytes_ = 0;
    dispatcher.pool().give_back(std::move(batch));
    parser_.release_consumed(parts_.store.ledger().bytes(Account::kQueryBuffers) > kMostKeptBuffers);
    if (status != RequestParser::Status::kOk) answer_parser_error(status);
    parts_.gate.mark(*this);
    if (lent) stream_.release();
    co_await wait_until_sent();
    if (parser_.pending_bytes() > 0 || waited_for_room) co_await take_memory();
  }
}

std::size_t Connection::argument_bytes() const {
  std::size_t bytes = parser_.argument_bytes();
  if (running_ == nullptr) return bytes;
  for (std::string_view argument : running_->call.arguments) bytes += argument.size();
  return bytes;
}

io::Task<> Connection::wait(CommandBatch& batch) {
  if (batch.wait == CommandBatch::Wait::kSent) co_await wait_until_sent();
  if (session_.blocked) stream_.resume();
  if (session_.blocked && stream_.peer_gone()) abort();
  co_await parts_.dispatcher.wait(batch);
}

// While memory is short, replies are sent before further commands run.
io::Task<> Connection::wait_until_sent() {
  while (unsent_bytes() > CommandBatch::kMaxUnsentWhenShort && !gone() && !parts_.store.loading() &&
         parts_.dispatcher.replies_must_leave()) {
    co_await sent_.wait();
  }
}

// While memory is short, no more is read than one command needs, unless memory was taken for the rest of a large one.
io::Stream::Pace Connection::pace() const {
  return parts_.store.reads_sparingly() && !parser_.grown() ? io::Stream::Pace::kSparing : io::Stream::Pace::kFull;
}

// Before the rest of a half-sent command is read. A small one takes memory, too, while there is none, and so does the next
// one of a client whose commands have waited for room: ten thousand writers would hold more than all memory.
io::Task<> Connection::take_memory() {
  constexpr std::uint64_t kSmallRequest = 16 << 10;
  storage::MemoryQueue& queue = parts_.store.memory_queue();
  // The argument will be copied into a record and into the log.
  constexpr std::uint64_t kCopies = 3;
  std::uint64_t bytes = std::max(parser_.wanted(), std::min(kCopies * parser_.wanted(), queue.most() / 8 * 7));
  if (bytes == 0 && queue.room() == 0 && !parser_.grown()) {
    bytes = parser_.pending_bytes() > 0 ? kSmallRequest : io::Stream::kSparingBytes;
  }
  if (bytes == 0 || session_.ends()) co_return;
  using Lane = storage::MemoryQueue::Lane;
  const Lane lane = parser_.wanted() > 0 ? Lane::kLargeRequests : Lane::kOthers;
  if (queue.must_wait(lane, bytes)) stream_.hold();
  const auto outcome = co_await queue.take(session_.memory_place, parser_.charge(), lane, bytes);
  if (outcome == storage::MemoryQueue::Outcome::kTooLarge) co_return co_await refuse_request(bytes);
  if (outcome != storage::MemoryQueue::Outcome::kTaken) co_return;
  if (parser_.wanted() > 0) parser_.grow(bytes);
  if (!parts_.store.loading()) co_await parts_.store.engine().wait_for_eviction();
}

// A socket that is closed with unread bytes loses the reply: the announced bytes are read and dropped first.
io::Task<> Connection::refuse_request(std::uint64_t bytes) {
  std::uint64_t missing = parser_.missing_bytes();
  Reply(output().bytes(), session_.protocol)
      .error("OOM the request needs " + std::to_string(bytes) + " bytes of memory at once, 'maxmemory' leaves " +
             std::to_string(parts_.store.memory_queue().most()));
  ++parts_.statistics.error_replies;
  ++parts_.statistics.errors["OOM"];
  session_.close_after_reply = true;
  parts_.gate.mark(*this);
  while (missing > 0 && !gone()) {
    auto received = co_await stream_.receive(io::Stream::Pace::kSparing);
    if (!received.ok() || received->empty()) break;
    missing -= std::min<std::uint64_t>(missing, received->size());
    session_.last_interaction_ms = parts_.reactor.wall_ms();
  }
}

std::int64_t Connection::stalled_ms(std::int64_t now_ms) {
  const bool waits_for_peer = sending_ || is_half_sent();
  if (!waits_for_peer || moved_ms_ == 0 || stream_.moved_bytes() != moved_bytes_) {
    moved_bytes_ = stream_.moved_bytes();
    moved_ms_ = now_ms;
  }
  return now_ms - moved_ms_;
}

std::uint64_t Connection::memory_bytes() const {
  return charge_.bytes() + queue_charge_.bytes() + in_flight_charge_.bytes() + parser_.charged_bytes() +
         output().capacity() + kept_bytes();
}

void Connection::answer_parser_error(RequestParser::Status status) {
  if (status == RequestParser::Status::kUnauthenticated && !session_.must_authenticate()) return;
  if (status == RequestParser::Status::kTooLarge) {
    parts_.logger.warning("Closing client that reached max query buffer length: " + session_.address);
    ++parts_.statistics.query_limit_disconnections;
    session_.closing = true;
    return;
  }
  if (session_.close_after_reply || session_.closing) return;
  Reply(output().bytes(), session_.protocol).error(parser_.error());
  ++parts_.statistics.error_replies;
  ++parts_.statistics.errors["ERR"];
  session_.close_after_reply = true;
}

// As in redis-server 7.4, the queue of MULTI counts as a part of the query buffer.
bool Connection::queues_too_much(std::size_t more) const {
  const std::size_t queued = session_.transaction.argument_bytes();
  return queued > 0 &&
         queued + parser_.pending_bytes() + more > static_cast<std::uint64_t>(parts_.settings.query_buffer_bytes);
}

RequestParser::Limits Connection::limits() const {
  return {static_cast<std::uint64_t>(parts_.settings.max_bulk_bytes),
          static_cast<std::uint64_t>(parts_.settings.query_buffer_bytes), !session_.must_authenticate()};
}

void Connection::flush(std::uint64_t released) {
  if (session_.closing) {
    stream_.shutdown();
    sent_.notify();
    return;
  }
  if (over_limit()) return abort();
  if (sending_ || broken_) return;
  std::size_t size = output().releasable(released);
  if (size == 0) return;
  output().take(size, in_flight_);
  in_flight_charge_.resize(in_flight_.capacity());
  sending_ = true;
  to_send_.notify();
}

bool Connection::over_limit() {
  if (session_.output_exceeded) return tell_over_limit();
  const OutputLimit& limit = parts_.settings.output_limits[session_.output_class()];
  std::size_t bytes = unsent_bytes();
  if (bytes > kMostUnauthenticated && session_.must_authenticate()) return tell_over_limit();
  bool hard = limit.hard_bytes > 0 && bytes > limit.hard_bytes;
  bool soft = limit.soft_bytes > 0 && bytes > limit.soft_bytes;
  std::int64_t now_ms = parts_.reactor.turn_time_us() / 1000;
  if (!soft) {
    over_soft_limit_since_ms_ = 0;
  } else if (over_soft_limit_since_ms_ == 0) {
    over_soft_limit_since_ms_ = now_ms;
    soft = false;
  } else {
    soft = now_ms - over_soft_limit_since_ms_ > limit.soft_seconds * 1000;
  }
  return (hard || soft) && tell_over_limit();
}

void Connection::check_output_limit() {
  if (!session_.closing && over_limit()) abort();
}

bool Connection::tell_over_limit() {
  parts_.logger.warning("Client " + session_.address + " closed for overcoming of output buffer limits.");
  ++parts_.statistics.output_limit_disconnections;
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
    parts_.statistics.output_bytes += size;
    ++parts_.statistics.writes_processed;
    if (!sent.ok()) {
      broken_ = true;
      stream_.shutdown();
      session_.memory_place.leave();
      parts_.dispatcher.blocking().leave(session_);
    }
    free_buffers();
    if (output().size() > 0) parts_.gate.mark(*this);
    sent_.notify();
  }
}

void Connection::free_buffers() {
  const bool many = parts_.store.ledger().bytes(Account::kReplies) > kMostKeptBuffers;
  if (many || in_flight_.capacity() > kMaxKeptBuffer) {
    std::string().swap(in_flight_);  // an assigned empty string would keep the memory
  } else {
    in_flight_.clear();
  }
  in_flight_charge_.resize(in_flight_.capacity());
  if (many) output().free_empty();
}

// Sends the remaining replies before the socket is closed, unless the peer does not read them.
io::Task<> Connection::drain() {
  if (output().size() > 0) parts_.gate.mark(*this);
  while (unsent_bytes() > 0 && !gone()) co_await sent_.wait();
}

void Connection::abort() {
  if (session_.closing) return;
  session_.closing = true;
  session_.memory_place.leave();
  parts_.dispatcher.blocking().leave(session_);
  stream_.shutdown();
  sent_.notify();
}

void Connection::finish() {
  session_.close_after_reply = true;
  if (unsent_bytes() == 0) stream_.shutdown();
}

}  // namespace terrace
