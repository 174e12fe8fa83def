#include "bench/load/connection.h"

#include <algorithm>

#include "bench/load/run.h"

namespace terrace::load {

namespace {

// A run that is to end early is noticed between two sleeps.
constexpr std::int64_t kLongestSleepUs = 100'000;

}  // namespace

Connection::Connection(Run& run, int fd, unsigned index)
    : run_(run), stream_(run.reactor(), fd), index_(index), in_flight_(run.options().pipeline) {}

io::Task<> Connection::run() {
  io::spawn(send_all());
  co_await receive_replies();
  replied_.notify();  // a sender that waits for replies sees that the run has failed
  while (!sending_.idle()) co_await sending_.wait();
  co_await stream_.close();
}

io::Task<> Connection::send_all() {
  const io::Gate::Holder holder = sending_.hold();
  if (run_.options().rate > 0) {
    co_await send_scheduled();
  } else {
    co_await send_batches();
  }
  all_sent_ = true;
  if (done()) stream_.shutdown();  // the receiver may wait for a reply that nobody owes
}

io::Task<> Connection::send_batches() {
  while (true) {
    while (in_flight_count_ > 0 && !run_.failed()) co_await replied_.wait();
    const std::uint64_t now = Run::now_ns();
    const std::uint64_t count = run_.take(in_flight_.size(), now);
    if (count == 0) break;
    output_.clear();
    for (std::uint64_t i = 0; i < count; ++i) issue(now);
    const Result<void> sent = co_await stream_.send(std::as_bytes(std::span(output_)));
    if (!sent) co_return fail(sent.error().message);
  }
}

// Request i of the schedule is ours if i modulo the number of connections is our index.
io::Task<> Connection::send_scheduled() {
  const RunOptions& options = run_.options();
  const double interval_ns = 1e9 / options.rate;
  const auto due = [&](std::uint64_t i) {
    return run_.start_ns() + static_cast<std::uint64_t>(static_cast<double>(i) * interval_ns);
  };
  std::uint64_t next = index_;
  while (next < run_.scheduled()) {
    const std::uint64_t now = Run::now_ns();
    if (due(next) > now) {
      const auto wait_us = static_cast<std::int64_t>((due(next) - now) / 1000) + 1;
      co_await run_.reactor().sleep_us(std::min(wait_us, kLongestSleepUs));
      continue;
    }
    if (!has_room()) {
      co_await replied_.wait();
      continue;
    }
    output_.clear();
    for (; next < run_.scheduled() && due(next) <= now && has_room(); next += options.connections) issue(due(next));
    // The last one: the receiver, which may run while this waits, must know.
    if (next >= run_.scheduled()) all_sent_ = true;
    const Result<void> sent = co_await stream_.send(std::as_bytes(std::span(output_)));
    if (!sent) co_return fail(sent.error().message);
  }
}

void Connection::issue(std::uint64_t start_ns) {
  InFlight& slot = in_flight_[(oldest_ + in_flight_count_++) % in_flight_.size()];
  slot.request = run_.workload().append_next(output_);
  slot.start_ns = start_ns;
}

io::Task<> Connection::receive_replies() {
  while (!run_.failed() && !done()) {
    const Result<std::span<const std::byte>> data = co_await stream_.receive();
    if (done()) break;
    if (!data) co_return fail(data.error().message);
    if (data->empty()) co_return fail("the server closed a connection");
    if (!take_replies(*data)) co_return fail("a reply is broken, or nobody asked for it");
    replied_.notify();
  }
}

bool Connection::take_replies(std::span<const std::byte> data) {
  const std::uint64_t now = Run::now_ns();
  scanner_.feed({reinterpret_cast<const char*>(data.data()), data.size()});
  Reply reply;
  ReplyScanner::Outcome outcome = scanner_.next(reply);
  for (; outcome == ReplyScanner::Outcome::kReply; outcome = scanner_.next(reply)) {
    if (in_flight_count_ == 0) return false;
    InFlight& slot = in_flight_[oldest_];
    if (--slot.request.replies > 0) continue;
    run_.record(slot.request, reply, now - std::min(now, slot.start_ns), now);
    oldest_ = (oldest_ + 1) % in_flight_.size();
    --in_flight_count_;
  }
  return outcome == ReplyScanner::Outcome::kIncomplete;
}

void Connection::fail(const std::string& why) {
  run_.fail(why);
  stream_.shutdown();
}

}  // namespace terrace::load
