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
  } else if (parts_.settings.protected_mode && parts_.settings.password.empty() && !unix_socket &&
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
    if (connection->session().blocked) continue;  // it is not idle: it waits for a reply
    if (now_ms - connection->session().last_interaction_ms > parts_.settings.idle_timeout_seconds * 1000) {
      parts_.logger.verbose("Closing idle client");
      connection->abort();
    }
  }
}

void Clients::evict_largest() {
  std::uint64_t held = 0;
  std::vector<std::pair<std::uint64_t, Connection*>> by_size;
  for (const auto& [id, connection] : connections_) {
    if (connection->gone()) continue;  // what it holds is about to be freed
    const std::uint64_t bytes = connection->memory_bytes();
    held += bytes;
    if (!connection->session().no_evict) by_size.emplace_back(bytes, connection.get());
  }
  std::sort(by_size.begin(), by_size.end(), std::greater<>());
  for (const auto& [bytes, connection] : by_size) {
    if (held <= parts_.store.ledger().clients_limit()) return;
    held -= bytes;
    evict(*connection);
  }
}

void Clients::evict_stalled(std::int64_t now_ms) {
  const storage::MemoryQueue& queue = parts_.store.memory_queue();
  const bool shortage = !parts_.store.loading() && parts_.store.engine().memory_short();
  if (!queue.waited_for() && !shortage) return;
  const std::int64_t stuck_ms = queue.stuck_us() / 1000;
  Connection* largest = nullptr;
  for (const auto& [id, connection] : connections_) {
    if (connection->gone() || connection->session().no_evict) continue;
    const std::int64_t stalled_ms = connection->stalled_ms(now_ms);
    const bool waits = connection->session().memory_place.waits();
    if (waits ? stuck_ms < kStuckMs : stalled_ms < kPatienceMs) continue;
    if (largest == nullptr || worth_evicting(*connection) > worth_evicting(*largest)) largest = connection.get();
  }
  if (largest != nullptr && (shortage || stuck_ms > kPatienceMs)) evict(*largest);
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
