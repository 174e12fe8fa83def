// Session: the state of one client: address, user, database, protocol, the queue of MULTI, watched keys. The log's replay and
// the server's own commands have a session, too.
// Ownership: owned by its connection, or by the part that runs commands with it. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/execution/transaction.h"
#include "src/execution/user.h"
#include "storage/memory/memory_queue.h"

namespace terrace {

struct BlockedClient;
struct CachingClient;
struct CommandEntry;
struct Subscriber;
struct WatchedKey;

class Inbox;

enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext, kSkip };

class Session {
 public:
  Session() = default;
  // The ledger is charged for queued commands, watched keys and subscriptions.
  explicit Session(storage::Ledger& ledger)
      : transaction(storage::LedgerCharge(ledger, storage::Account::kTransactionQueues)),
        watched_charge(ledger, storage::Account::kTransactionQueues),
        subscriptions_charge(ledger, storage::Account::kSubscriptions) {}

  std::uint64_t id = 0;
  int socket = -1;
  std::string address;        // "127.0.0.1:50000", or the unix socket's path with ":0"
  std::string local_address;  // "127.0.0.1:6379"
  bool unix_socket = false;
  bool local = true;  // loopback or unix socket

  std::string name;
  std::string library_name;
  std::string library_version;
  unsigned database = 0;
  int protocol = 2;
  std::shared_ptr<const User> user = User::superuser();
  bool authenticated = true;
  bool may_block = false;  // it has a connection that can wait for keys
  BlockedClient* blocked = nullptr;
  bool paused = false;  // waits for the end of CLIENT PAUSE
  bool no_evict = false;
  bool no_touch = false;
  ReplyMode reply_mode = ReplyMode::kOn;

  Transaction transaction;
  std::vector<WatchedKey*> watched;  // owned by WatchedKeys
  storage::LedgerCharge watched_charge;
  bool watch_broken = false;  // one of them has changed: EXEC runs nothing

  // What others tell it.
  Inbox* inbox = nullptr;            // nullptr: nothing
  Subscriber* subscriber = nullptr;  // owned by PubSub: its channels and patterns
  CachingClient* caching = nullptr;  // owned by Tracking: what it may cache
  storage::LedgerCharge subscriptions_charge;
  bool subscribed = false;  // to a channel or pattern at least
  bool caches = false;      // Tracking is told what it reads
  bool monitors = false;

  // Which of the limits of client-output-buffer-limit holds for it: of normal clients, or of subscribers.
  std::size_t output_class() const { return subscribed ? 2 : 0; }

  storage::MemoryQueue::Place memory_place;  // where its command, or its half-sent request, waits for memory

  bool output_exceeded = false;    // a reply has passed client-output-buffer-limit: it is not sent, the connection ends
  bool close_after_reply = false;  // no further command is run; the connection is closed when all replies are sent
  bool closing = false;            // the connection is closed at once, unsent replies are dropped

  // Only AUTH and its like are admitted.
  bool must_authenticate() const { return !authenticated && !user->open(); }
  // No further command is run.
  bool ends() const { return close_after_reply || closing || output_exceeded; }

  std::int64_t created_ms = 0;
  std::int64_t last_interaction_ms = 0;
  const CommandEntry* last_command = nullptr;

  // RESET. The caller also calls WatchedKeys::unwatch(), Listeners::forget() and Acl::begin().
  void reset() {
    transaction.end();
    name.clear();
    database = 0;
    protocol = 2;
    no_evict = no_touch = false;
    reply_mode = ReplyMode::kOn;
  }
};

}  // namespace terrace
