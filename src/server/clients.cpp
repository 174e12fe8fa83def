#include "src/server/clients.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "io/socket.h"
#include "src/server/client_line.h"

namespace terrace {
namespace {

constexpr std::string_view kTooMany = "-ERR max number of clients reached\r\n";
constexpr std::string_view kDenied =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
    "default user. In this mode connections are only accepted from the loopback interface. Set a password "
    "(requirepass), or turn protected mode off ('protected-mode no') if other hosts may connect without one.\r\n";

constexpr std::size_t kSampledClients = 64;

// So long others wait for memory, and so long a client moves no byte, before it is disconnected.
constexpr std::int64_t kPatienceMs = 1000;
constexpr std::int64_t kPatienceWithReadersMs = 3000;
// Smaller clients are many before others wait for what they hold.
constexpr std::uint64_t kWorthwhileBytes = 32 << 10;
// Clients that wait for memory are not read from. They may hold what others need: replies, half of a command.
constexpr std::int64_t kStuckMs = 10'000;

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("[::ffff:127.");
}

// One that waits for memory is not read from: it comes last.
std::pair<bool, std::uint64_t> worth_evicting(const Connection& connection) {
  return {!connection.session().memory_place.waits(), connection.memory_bytes()};
}

}  // namespace

void Clients::accept(int fd, bool unix_socket) {
  if (refuse(fd, unix_socket)) return;
  ++parts_.statistics.connections_received;
  if (!unix_socket) {
    static_cast<void>(io::set_no_delay(fd).ok());
    static_cast<void>(io::set_keepalive(fd, static_cast<int>(parts_.settings.tcp_keepalive_seconds)).ok());
  }
  auto connection = std::make_unique<Connection>(parts_, fd);
  std::uint64_t id = next_id_++;
  Session& session = connection->session();
  session.id = id;
  session.unix_socket = unix_socket;
  session.local = unix_socket || is_loopback(session.address);
  connections_[id] = std::move(connection);
  io::spawn(serve(id));
}

bool Clients::refuse(int fd, bool unix_socket) {
  std::string_view answer;
  if (closing_ || connections_.size() >= static_cast<std::size_t>(parts_.settings.max_clients)) {
    answer = kTooMany;
  } else if (parts_.settings.protected_mode && parts_.acl.default_user().rules().needs_no_password() && !unix_socket &&
             !is_loopback(io::peer_address(fd))) {
    answer = kDenied;
  } else {
    return false;
  }
  ++parts_.statistics.connections_rejected;
  static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
  ::close(fd);
  return true;
}

io::Task<> Clients::serve(std::uint64_t id) {
  co_await connections_[id]->run();
  // A call on the connection itself may have ended it: that call must return first.
  co_await parts_.reactor.yield();
  connections_.erase(id);
  one_gone_.notify();
}

void Clients::sample_buffers() {
  largest_input_ = largest_output_ = 0;
  std::size_t left = kSampledClients;
  for (auto it = connections_.begin(); it != connections_.end() && left > 0; ++it, --left) {
    largest_input_ = std::max(largest_input_, it->second->query_buffer_bytes());
    largest_output_ = std::max(largest_output_, it->second->unsent_bytes());
  }
}

void Clients::close_idle(std::int64_t now_ms) {
  if (parts_.settings.idle_timeout_seconds == 0) return;
  for (const auto& [id, connection] : connections_) {
    const Session& session = connection->session();
    if (session.blocked || session.subscribed || session.monitors) continue;  // it is not idle: it waits to be told
    if (now_ms - session.last_interaction_ms > parts_.settings.idle_timeout_seconds * 1000) {
      parts_.logger.verbose("Closing idle client");
      connection->abort();
    }
  }
}

void Clients::close_over_limit() {
  for (const auto& [id, connection] : connections_) connection->check_output_limit();
}

// Looks at all connections, so not in each turn: the others decide at their next receive().
void Clients::read_sparingly() {
  constexpr std::int64_t kIntervalMs = 100;
  const std::int64_t now_ms = parts_.reactor.wall_ms();
  if (now_ms - spared_ms_ < kIntervalMs && now_ms >= spared_ms_) return;
  spared_ms_ = now_ms;
  for (const auto& [id, connection] : connections_) connection->spare();
}

void Clients::evict_largest() {
  evict_until(parts_.store.ledger().clients_limit(), &Connection::memory_bytes);
}

void Clients::evict_keepers() {
  evict_until(parts_.store.ledger().limit() / 2, &Connection::kept_bytes);
}

// The largest first.
void Clients::evict_until(std::uint64_t most, std::uint64_t (Connection::*bytes_of)() const) {
  std::uint64_t held = 0;
  std::vector<std::pair<std::uint64_t, Connection*>> by_size;
  for (const auto& [id, connection] : connections_) {
    if (connection->gone()) continue;  // what it holds is about to be freed
    const std::uint64_t bytes = (connection.get()->*bytes_of)();
    held += bytes;
    if (!connection->session().no_evict) by_size.emplace_back(bytes, connection.get());
  }
  std::sort(by_size.begin(), by_size.end(), std::greater<>());
  for (const auto& [bytes, connection] : by_size) {
    if (held <= most) return;
    held -= bytes;
    evict(*connection);
  }
}

// A program that has begun to send does not rest in the middle of a request; one that takes its replies late may be busy.
bool Clients::is_stalled(Connection& connection, std::int64_t now_ms) const {
  const storage::MemoryQueue& queue = parts_.store.memory_queue();
  const bool shortage = queue.waited_for() || parts_.store.engine().memory_short();
  const bool stuck = shortage && queue.stuck_us() / 1000 >= kStuckMs;
  const std::int64_t stalled_ms = connection.stalled_ms(now_ms);
  if (connection.session().memory_place.waits()) return stuck;
  if (!stuck && connection.memory_bytes() < kWorthwhileBytes) return false;
  if (connection.is_half_sent()) return stalled_ms >= kPatienceMs;
  return shortage && stalled_ms >= kPatienceWithReadersMs;
}

void Clients::evict_stalled(std::int64_t now_ms) {
  const storage::MemoryQueue& queue = parts_.store.memory_queue();
  if (parts_.store.loading()) return;
  const bool shortage = parts_.store.engine().memory_short();
  const std::uint64_t wanted = queue.wanted();
  if (wanted == 0 && !shortage) return;
  std::vector<Connection*> stalled;
  for (const auto& [id, connection] : connections_) {
    if (connection->gone() || connection->session().no_evict || !is_stalled(*connection, now_ms)) continue;
    stalled.push_back(connection.get());
  }
  if (!shortage && queue.stuck_us() / 1000 <= kPatienceMs) return;
  std::sort(stalled.begin(), stalled.end(), [](const Connection* left, const Connection* right) {
    return worth_evicting(*left) > worth_evicting(*right);
  });
  std::uint64_t freed = 0;
  for (Connection* connection : stalled) {
    freed += connection->memory_bytes();
    evict(*connection);
    if (freed >= wanted) return;
  }
}

void Clients::evict(Connection& connection) {
  parts_.logger.notice("Evicting client: " + client_line(connection, parts_.reactor.wall_ms()));
  ++parts_.statistics.evicted_clients;
  connection.abort();
}

io::Task<> Clients::close_all(std::int64_t grace_ms) {
  closing_ = true;
  std::int64_t end_us = parts_.reactor.monotonic_us() + grace_ms * 1000;
  for (const auto& [id, connection] : connections_) connection->finish();
  while (!connections_.empty() && parts_.reactor.monotonic_us() < end_us) {
    co_await parts_.reactor.sleep_ms(1);
    for (const auto& [id, connection] : connections_) {
      if (connection->unsent_bytes() == 0) connection->abort();
    }
  }
  for (const auto& [id, connection] : connections_) connection->abort();
  while (!connections_.empty()) co_await one_gone_.wait();
}

}  // namespace terrace
