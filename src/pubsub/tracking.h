// Tracking: client-side caching (CLIENT TRACKING). A client that caches is told which of the keys that it may have cached
// have changed.
//
//   default   the table has the keys that each client has read; a change tells these clients once and forgets the key
//   BCAST     a client is told of every changed key that begins with one of its prefixes, at the end of each turn; the
//             table has nothing for it
//
// As in Redis, keys of all databases with the same name are one.
// Invariant: an invalidation leaves when the change is durable, like the reply to the command that made it.
// Ownership: part of Messenger; owns the clients' states. forget() is called before a session ends. Thread: the
// reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/execution/call.h"
#include "src/execution/key_events.h"
#include "src/execution/listeners.h"
#include "src/execution/unit.h"
#include "src/pubsub/changed_keys.h"
#include "storage/memory/ledger.h"

namespace terrace {

// How a client wants to be told.
struct CachingOptions {
  bool broadcast = false;
  bool opt_in = false;            // only what is read behind CLIENT CACHING YES is tracked
  bool opt_out = false;           // what is read behind CLIENT CACHING NO is not tracked
  bool no_loop = false;           // the client is not told of what it changes itself
  std::uint64_t redirect_id = 0;  // another client is told in its place; 0: none
  std::vector<std::string> prefixes;
};

struct CachingClient {
  Session& session;
  CachingOptions options;
  Session* target;               // who is told; nullptr: the other client has gone
  bool redirect_broken = false;  // it was found to be gone
  bool asked = false;            // CLIENT CACHING, for the next command
};

class Tracking final {
 public:
  Tracking(Listeners::Audience& audience, KeyEvents& events, storage::Ledger& ledger)
      : audience_(audience), events_(events), charge_(ledger, storage::Account::kTracking) {}
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;

  // `target`: the session of `options.redirect_id`, or the session itself. Prefixes are added to those that the client
  // has already.
  void begin(Session& session, CachingOptions options, Session& target);
  void end(Session& session);
  // The session ends: it is nobody's target either.
  void forget(Session& session);

  void set_most_keys(std::uint64_t keys) { most_keys_ = keys; }

  // The session has run a call: what it has read is remembered.
  void note_read(Session& session, const Call& call);
  // Tells of what the unit of `writer` has changed, and of the keys for which the table has no room.
  void tell(const Unit& unit, const Session& writer, std::uint64_t position);

  std::size_t clients() const { return clients_.size(); }
  std::size_t keys() const { return table_.size(); }
  std::uint64_t items() const { return items_; }  // keys, counted once for each client
  std::size_t prefixes() const { return prefixes_.size(); }

  // The turn ends: clients that cache by prefixes are told what its units have changed.
  void end_turn() {
    if (!changed_.empty()) broadcast();
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Ids = std::vector<std::uint64_t>;  // of sessions, sorted
  using Table = std::unordered_map<std::string, Ids, Hash, std::equal_to<>>;

  void remember(std::uint64_t id, std::string_view key);
  void invalidate(Table::iterator entry, const Session* writer, std::uint64_t position);
  void erase(Table::iterator entry);
  void clear_table();
  void tell_all(std::uint64_t position);
  void broadcast();
  void broadcast(std::span<const ChangedKeys::Key> keys, const std::vector<CachingClient*>& clients);
  void leave_prefixes(CachingClient& client);
  static void send(CachingClient& client, std::string_view keys, std::uint64_t position);

  Listeners::Audience& audience_;
  KeyEvents& events_;
  std::unordered_map<std::uint64_t, std::unique_ptr<CachingClient>> clients_;  // by the session's id
  std::map<std::string, std::vector<CachingClient*>, std::less<>> prefixes_;   // of clients with BCAST
  ChangedKeys changed_;
  Table table_;
  std::uint64_t items_ = 0;
  std::uint64_t most_keys_ = 1'000'000;  // 0: no limit
  storage::LedgerCharge charge_;
};

}  // namespace terrace
