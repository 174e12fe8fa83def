#include "tests/simulation/clients/simulated_connection.h"

#include <algorithm>

#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

std::string to_resp(const Arguments& arguments) {
  std::string text = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    text += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return text;
}

}  // namespace

SimulatedConnection::SimulatedConnection(const Parts& parts, std::uint64_t number)
    : Channel(parts.store.ledger()),
      parts_(parts),
      session_(parts.store.ledger()),
      stream_(session_, output(), parts.history, number),
      parser_(parts.store.ledger()) {
  session_.id = number;
  session_.may_block = true;
  session_.created_ms = session_.last_interaction_ms = parts.clock.wall_ms();
  parts_.witness.follow(stream_);
}

SimulatedConnection::~SimulatedConnection() {
  parts_.witness.forget(stream_);
  parts_.gate.forget(*this);
  parts_.dispatcher.forget(session_);
}

// --- the server's side

io::Task<> SimulatedConnection::run() {
  io::spawn(send_replies());
  co_await receive_commands();
  // What was answered is sent, unless nobody takes it.
  if (output().size() > 0) parts_.gate.mark(*this);
  while (output().size() + in_flight_.size() > 0 && !gone()) co_await sent_.wait();
  session_.closing = true;
  receiving_ended_ = true;
  to_send_.notify();
  while (!tasks_.idle()) co_await tasks_.wait();
  ended_ = true;
  arrived_.notify();
}

io::Task<> SimulatedConnection::receive_commands() {
  while (!gone() && !session_.close_after_reply) {
    while (received_.empty() && !peer_gone_ && !gone()) co_await to_receive_.wait();
    if (received_.empty() || gone()) break;
    co_await parts_.clock.yield();  // the network takes some time
    if (gone()) break;
    std::string chunk = take_received();
    co_await run_batch(chunk);
    co_await wait_until_sent();
  }
}

// Often all that has come, sometimes less, cut anywhere.
std::string SimulatedConnection::take_received() {
  Random& random = parts_.world.random();
  const std::size_t size = random.below(4) == 0 ? 1 + random.below(received_.size()) : received_.size();
  std::string chunk = received_.substr(0, size);
  received_.erase(0, size);
  return chunk;
}

io::Task<> SimulatedConnection::run_batch(std::string& chunk) {
  Dispatcher& dispatcher = parts_.dispatcher;
  std::unique_ptr<CommandBatch> batch = dispatcher.pool().take();
  if (parser_.parse(chunk, {}, batch->requests) != RequestParser::Status::kOk) fail("a request was not understood");
  batch->begin(session_, output(), kClientOrigin, parts_.clock.wall_ms());
  session_.last_interaction_ms = batch->now_ms;
  stream_.batch = batch.get();
  bool lent = true;
  while (!dispatcher.run(*batch)) {
    parts_.witness.settle();
    parts_.gate.mark(*this);
    if (lent) {
      batch->own(chunk);
      std::fill(chunk.begin(), chunk.end(), '\xDB');  // the buffer is given back
      lent = false;
    }
    co_await wait(*batch);
    if (broken_ && !batch->must_end()) break;
  }
  parts_.witness.settle();
  stream_.batch = nullptr;
  dispatcher.pool().give_back(std::move(batch));
  parts_.gate.mark(*this);
}

io::Task<> SimulatedConnection::wait(CommandBatch& batch) {
  if (batch.wait == CommandBatch::Wait::kSent) co_await wait_until_sent();
  if (session_.blocked != nullptr && peer_gone_) abort();
  co_await parts_.dispatcher.wait(batch);
}

io::Task<> SimulatedConnection::wait_until_sent() {
  while (output().size() + in_flight_.size() > CommandBatch::kMaxUnsentWhenShort && !gone() &&
         !parts_.store.loading() && parts_.store.engine().memory_short()) {
    co_await sent_.wait();
  }
}

void SimulatedConnection::flush(std::uint64_t released) {
  if (session_.closing) return sent_.notify();
  if (sending_ || broken_) return;
  parts_.witness.settle();
  const std::size_t size = output().releasable(released);
  if (size == 0) return;
  output().take(size, in_flight_);
  // From here on the client may have it, whatever becomes of this process.
  parts_.witness.note_taken(stream_, size, flying_);
  sending_ = true;
  to_send_.notify();
}

io::Task<> SimulatedConnection::send_replies() {
  const io::Gate::Holder holder = tasks_.hold();
  for (;;) {
    while (!sending_ && !receiving_ended_) co_await to_send_.wait();
    if (!sending_) break;
    co_await parts_.clock.sleep_us(
        static_cast<std::int64_t>(parts_.world.random().below(static_cast<std::uint64_t>(parts_.longest_send_us) + 1)));
    sending_ = false;
    in_flight_.clear();
    if (!broken_) std::move(flying_.begin(), flying_.end(), std::back_inserter(delivered_));
    flying_.clear();
    if (output().size() > 0) parts_.gate.mark(*this);
    sent_.notify();
    arrived_.notify();
  }
}

void SimulatedConnection::abort() {
  if (session_.closing) return;
  session_.closing = true;
  parts_.dispatcher.blocking().leave(session_);
  to_receive_.notify();
  sent_.notify();
}

// --- the client's side

void SimulatedConnection::send(const Arguments& arguments) {
  stream_.requests.push_back({.arguments = arguments, .sent_us = parts_.clock.monotonic_us()});
  received_ += to_resp(arguments);
  to_receive_.notify();
}

io::Task<std::optional<ReplyValue>> SimulatedConnection::next_reply() {
  while (delivered_.empty() && !closed()) co_await arrived_.wait();
  if (delivered_.empty()) co_return std::nullopt;
  ReplyValue reply = std::move(delivered_.front());
  delivered_.pop_front();
  co_return reply;
}

void SimulatedConnection::close(bool reset) {
  if (peer_gone_) return;
  peer_gone_ = true;
  if (reset) break_off();
  if (session_.blocked != nullptr) abort();
  to_receive_.notify();
  arrived_.notify();
}

// The next bytes that are sent meet nobody.
void SimulatedConnection::break_off() {
  broken_ = true;
  received_.clear();
  parts_.dispatcher.blocking().leave(session_);
  parts_.witness.note_left(stream_);
  sent_.notify();
}

}  // namespace terrace::simulation
