// BlockedClients: the clients that wait for keys, for each key in order of arrival, with their deadlines; and the keys
// that have become ready since. This class decides which client is next. Blocking runs the commands (blocking.h).
// Ownership: owned by Blocking; borrows the batches. A client is removed before its batch ends. Thread: the reactor's.
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

#include "io/clock.h"
#include "src/execution/key_events.h"
#include "src/execution/key_wait.h"
#include "storage/record/record.h"

namespace terrace {

struct CommandBatch;

// One client that waits; created and destroyed by BlockedClients.
struct BlockedClient {
  CommandBatch* batch;
  std::uint64_t arrival;  // numbers the clients in the order in which they began to wait
  storage::ValueType type;
  bool when_gone;
  std::int64_t end_us;       // when the wait ends; io::kNever: it has no end
  std::int64_t deadline_us;  // the end, or an earlier time at which its command runs again
  unsigned database;
  std::vector<std::string> keys;  // each once
  bool held = false;              // a read for it is under way: it must not be removed
};

class BlockedClients final : public KeyObserver {
 public:
  explicit BlockedClients(KeyEvents& events) : events_(events) { events.add(*this); }
  BlockedClients(const BlockedClients&) = delete;
  BlockedClients& operator=(const BlockedClients&) = delete;

  BlockedClient& add(CommandBatch& batch, unsigned database, const KeyWait& wait, std::int64_t now_us);
  void remove(BlockedClient& client);
  std::size_t size() const { return clients_.size(); }
  // For INFO: the keys that are waited for, and those for whose end a client waits. These walk over the keys.
  std::size_t keys() const;
  std::size_t keys_when_gone() const;

  // --- keys that may have become ready; whether a client can be served shows when its command runs
  void at_key_change(const KeyChange& change) override;
  void key_ready(unsigned database, std::string_view key);

  // --- the next client
  bool has_ready() const { return turn_.under_way || !ready_.empty(); }
  // The client to be served next; nullptr: none is left. turn_key() is the key that is ready for it. Returns the same
  // client until pass_over() or remove() is called for it.
  BlockedClient* next();
  const std::string& turn_key() const { return turn_.key; }
  // This client keeps waiting; the next one follows.
  void pass_over(const BlockedClient& client) { turn_.last_arrival = client.arrival; }
  // turn_key() does not exist: of its queue only clients with when_gone are left to be served.
  void key_missing();
  // Some of the key's clients have not been served yet.
  bool is_ready(unsigned database, std::string_view key) const;

  // --- time
  std::size_t with_deadline() const { return deadlines_.size(); }
  // io::kNever: no client has a deadline.
  std::int64_t earliest_deadline_us() const { return deadlines_.empty() ? io::kNever : deadlines_.begin()->first; }
  // A client whose deadline has passed, nullptr if there is none.
  BlockedClient* overdue(std::int64_t now_us) const;
  void put_off(BlockedClient& client, std::int64_t deadline_us);
  // The client's command has run and names the time for its next run, or none.
  void plan_look(BlockedClient& client, const KeyWait& wait, std::int64_t now_us);
  // Its time has come: the command runs again as if its keys had become ready.
  void look_now(BlockedClient& client);

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
  // Any key of the database may have been created or removed.
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
