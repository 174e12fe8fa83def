// BlockedClients: who waits for which keys, in order of arrival, until when; and which of these keys have become ready
// since. It decides whose turn it is; Blocking runs the commands (blocking.h).
// Ownership: owned by Dispatcher; borrows the executions, each of which is taken out before it goes. Thread: the
// reactor's.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/execution/key_events.h"
#include "src/execution/key_wait.h"
#include "storage/record/record.h"

namespace terrace {

struct CommandBatch;

// One client on its wait; made and freed by BlockedClients.
struct BlockedClient {
  static constexpr std::int64_t kNever = INT64_MAX;

  CommandBatch* batch;
  std::uint64_t arrival;  // numbers the clients in the order in which they began to wait
  storage::ValueType type;
  bool when_gone;
  std::int64_t deadline_us;
  unsigned database;
  std::vector<std::string> keys;  // each once
  bool held = false;              // something is being read for it: it must stay
};

class BlockedClients final : public KeyObserver {
 public:
  explicit BlockedClients(KeyEvents& events) : events_(events) { events.add(*this); }
  BlockedClients(const BlockedClients&) = delete;
  BlockedClients& operator=(const BlockedClients&) = delete;

  BlockedClient& add(CommandBatch& batch, unsigned database, const KeyWait& wait, std::int64_t now_us);
  void remove(BlockedClient& client);
  std::size_t size() const { return clients_.size(); }

  // --- what happens to keys; hints: whether there is something for anybody shows when the command is run
  void at_key_change(const KeyChange& change) override;
  void key_ready(unsigned database, std::string_view key);

  // --- whose turn it is
  bool has_ready() const { return turn_.under_way || !ready_.empty(); }
  // The client to be served next and, as turn_key(), the key that is there for it; nullptr: nobody is left. The same
  // client again until it was passed over or removed.
  BlockedClient* next();
  const std::string& turn_key() const { return turn_.key; }
  // It goes on waiting; the next one's turn.
  void pass_over(const BlockedClient& client) { turn_.last_arrival = client.arrival; }
  // The key is not there (any more): only who waits for just that is left of its queue.
  void key_missing();
  // Its clients have not all been served yet.
  bool is_ready(unsigned database, std::string_view key) const;

  // --- time
  std::size_t with_deadline() const { return deadlines_.size(); }
  // kNever if nobody has one.
  std::int64_t earliest_deadline_us() const {
    return deadlines_.empty() ? BlockedClient::kNever : deadlines_.begin()->first;
  }
  // Whose time is over; nullptr: nobody's.
  BlockedClient* overdue(std::int64_t now_us) const;
  void put_off(BlockedClient& client, std::int64_t deadline_us);

 private:
  struct Queue {
    std::map<std::uint64_t, BlockedClient*> clients;  // by arrival
    std::size_t when_gone = 0;                        // how many of them are
    bool ready = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Queues = std::unordered_map<std::string, Queue, Hash, std::equal_to<>>;
  struct ReadyKey {
    unsigned database;
    std::string key;
  };
  struct Turn {
    bool under_way = false;
    unsigned database = 0;
    std::string key;
    std::uint64_t last_arrival = 0;  // clients up to this one have been passed over
    bool missing = false;
  };

  static std::size_t index_of(storage::ValueType type) { return static_cast<std::size_t>(type); }
  // Any key of it may have come or gone.
  void database_changed(unsigned database);
  void make_ready(unsigned database, const std::string& key, Queue& queue);
  BlockedClient* next_in_turn();

  KeyEvents& events_;
  std::uint64_t arrivals_ = 0;
  std::unordered_map<BlockedClient*, std::unique_ptr<BlockedClient>> clients_;
  std::map<unsigned, Queues> queues_;  // by database; none is empty
  std::array<std::size_t, 16> by_type_{};
  std::size_t when_gone_ = 0;
  std::deque<ReadyKey> ready_;
  Turn turn_;
  std::set<std::pair<std::int64_t, BlockedClient*>> deadlines_;
};

}  // namespace terrace
