// Clients: all connections, by id, for CLIENT LIST and KILL; enforces the bounds on their number, idle time and memory.
// Memory, at the end of a turn: while all together hold more than `maxmemory-clients`, the largest are disconnected, as
// in Redis. So are those that hold most of what only their end frees (the queue of MULTI, watched keys, subscriptions)
// while that is more than half of `maxmemory`: no waiting would give it back. A client that neither takes nor gives a
// byte is disconnected while others wait for memory. When memory becomes short, all connections read sparingly: of an
// idle one the kernel would take all that its client sends.
// Ownership: owns the connections. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "io/sync.h"
#include "io/task.h"
#include "io/turn_hook.h"
#include "src/server/connection.h"

namespace terrace {

class Clients final : public io::TurnHook {
 public:
  explicit Clients(const Connection::Parts& parts) : parts_(parts) {}

  void at_turn_end() override {
    const storage::Ledger& ledger = parts_.store.ledger();
    if (ledger.clients_exceeded()) evict_largest();
    using storage::Account;
    const std::uint64_t kept = ledger.bytes(Account::kTransactionQueues) + ledger.bytes(Account::kSubscriptions);
    if (ledger.limit() != 0 && kept > ledger.limit() / 2) evict_keepers();
    if (parts_.store.reads_sparingly()) read_sparingly();
  }

  // Takes over an accepted socket. Refuses it, with the error of Redis, if there are too many clients or in protected
  // mode.
  void accept(int fd, bool unix_socket);
  // Records the sizes of the largest buffers, for INFO.
  void sample_buffers();
  // Those that have been over a soft limit of client-output-buffer-limit for too long.
  void close_over_limit();
  void close_idle(std::int64_t now_ms);
  // Called some times a second.
  void evict_stalled(std::int64_t now_ms);
  // Ends all connections when their replies are sent, after at most `grace_ms`, and waits until the last has ended.
  io::Task<> close_all(std::int64_t grace_ms);

  std::size_t largest_input() const { return largest_input_; }
  std::size_t largest_output() const { return largest_output_; }
  std::size_t size() const { return connections_.size(); }
  Connection* find(std::uint64_t id) {
    auto it = connections_.find(id);
    return it == connections_.end() ? nullptr : it->second.get();
  }
  const Connection* find(std::uint64_t id) const { return const_cast<Clients*>(this)->find(id); }
  const std::map<std::uint64_t, std::unique_ptr<Connection>>& all() const { return connections_; }

 private:
  void read_sparingly();
  void evict_largest();
  void evict_keepers();
  void evict_until(std::uint64_t most, std::uint64_t (Connection::*bytes_of)() const);
  bool is_stalled(Connection& connection, std::int64_t now_ms) const;
  void evict(Connection& connection);
  io::Task<> serve(std::uint64_t id);
  bool refuse(int fd, bool unix_socket);

  Connection::Parts parts_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  io::Event one_gone_;
  bool closing_ = false;
  std::int64_t spared_ms_ = 0;
  std::size_t largest_input_ = 0;
  std::size_t largest_output_ = 0;
};

}  // namespace terrace
