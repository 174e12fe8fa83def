#include "tests/simulation/clients/simulated_listener.h"

#include <string_view>

#include "src/text/integer.h"
#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

constexpr std::string_view kPattern = "__keys*";
constexpr std::string_view kPrefix = "\r\n__keyspace@";

}  // namespace

SimulatedListener::SimulatedListener(const Parts& parts)
    : Channel(parts.store.ledger()),
      parts_(parts),
      session_(parts.store.ledger()),
      inbox_(session_, *this, parts.gate, parts.settings) {
  parts.messenger.pubsub().subscribe(session_, TopicKind::kPattern, kPattern);
}

SimulatedListener::~SimulatedListener() {
  parts_.gate.forget(*this);
  parts_.messenger.forget(session_);
}

// The gate flushes at the end of each turn in which something was told. So an event tells of the key's last change, or
// the turn has changed the key again, and a later event tells of that.
void SimulatedListener::note_new() {
  const std::string_view fresh = std::string_view(output().bytes()).substr(told_bytes_ - taken_bytes_);
  for (std::size_t at = fresh.find(kPrefix); at != std::string_view::npos;) {
    const std::size_t database = at + kPrefix.size();
    const std::size_t name = fresh.find("__:", database) + 3;
    const std::size_t name_end = fresh.find("\r\n", name);
    const auto number = parse_integer(fresh.substr(database, name - 3 - database));
    if (!number) fail("an event of a key was not understood");
    const KeyName key{static_cast<unsigned>(*number), std::string(fresh.substr(name, name_end - name))};
    at = fresh.find(kPrefix, name_end);
    events_.push_back({told_bytes_ + std::min(at, fresh.size()), parts_.witness.last_change(key)});
  }
  told_bytes_ += fresh.size();
}

void SimulatedListener::flush(std::uint64_t released) {
  parts_.witness.settle();
  note_new();
  const std::size_t size = output().releasable(released);
  if (size == 0) return;
  output().take(size, taken_);
  taken_bytes_ += size;
  for (; !events_.empty() && events_.front().end <= taken_bytes_; events_.pop_front()) {
    parts_.witness.note_heard(events_.front().dependency);
    ++heard_;
  }
}

}  // namespace terrace::simulation
