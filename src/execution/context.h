// Context: what one run of a handler sees: arguments, reply, keys. A handler is plain and synchronous; all keys that
// its table row names are resident when it runs. One that learns of further keys asks need(key) for each *before it
// changes anything* and returns at once when it says false: it is run again when the key is there.
// Ownership: borrows everything; lives for one command. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "src/execution/command_batch.h"
#include "src/execution/key_events.h"
#include "src/resp/reply.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "src/types/encoding/collection_limits.h"
#include "storage/engine.h"
#include "storage/keyspace/database.h"

namespace terrace {

// What all contexts of a server share.
struct ContextParts {
  io::Clock& clock;
  Store& store;
  KeyEvents& events;
  ServerStatistics& statistics;
  const types::CollectionLimits& limits;
};

class Context {
 public:
  Context(const ContextParts& parts, CommandBatch& batch, Reply& out)
      : arguments(batch.call.arguments),
        reply(out),
        command(batch.call.row()),
        session(*batch.session),
        limits(parts.limits),
        now_ms(batch.now_ms),
        parts_(parts),
        batch_(batch),
        call_(batch.call),
        engine_(parts.store.engine()) {}

  // --- the request
  std::span<const std::string_view> arguments;  // [0] is the command's name as the client wrote it
  Reply& reply;
  const Command& command;
  Session& session;                       // selected database, protocol, name, flags
  const types::CollectionLimits& limits;  // of what is kept packed
  std::int64_t now_ms;                    // wall clock, the same for all of one command

  // What the command's family uses beside keys (family_parts.h).
  template <typename Parts>
  const Parts& parts() const {
    return call_.entry->parts.template get<Parts>();
  }

  // The command comes from where expiry has its own commands, the log: what has expired by now is looked at as it was.
  bool replaying() const { return !batch_.origin->expires; }

  std::string_view argument(std::size_t index) const { return arguments[index]; }

  // --- keys of the selected database (or of `database`, where given)
  // The record, nullptr if absent or expired (an expired key is removed on the way, as Redis does, but not when
  // replaying). O(1). read() sets the access clock and counts a hit or a miss, read_without_touch() only counts (TTL,
  // TYPE, EXISTS, as in Redis), write() only sets the clock, peek() does neither.
  const storage::Record* read(std::string_view key);
  const storage::Record* read_without_touch(std::string_view key);
  const storage::Record* peek(std::string_view key);
  const storage::Record* peek(std::string_view key, unsigned database);
  storage::Record* write(std::string_view key);
  storage::Record* write(std::string_view key, unsigned database);

  // Makes `key` hold these bytes, whatever it held (any type). Keeps its expiry only if told. Marks the key changed.
  storage::Record* put(std::string_view key, storage::ValueType type, storage::Encoding encoding,
                       std::string_view bytes, bool keep_expiry = false);
  storage::Record* put(std::string_view key, unsigned database, storage::ValueType type, storage::Encoding encoding,
                       std::string_view bytes, bool keep_expiry = false);
  // The same with an object for its value.
  storage::Record* put(std::string_view key, unsigned database, storage::ValueType type, storage::ObjectPointer object,
                       bool keep_expiry = false);
  // Takes a record's object out, nullptr if it has none, to be put elsewhere; the record must be removed then.
  storage::ObjectPointer take_object(storage::Record* record);
  // A hash loses those of `fields`, every `step`-th, that have expired, as a key that has goes on the way; nullptr: the
  // last one was among them, and the key is gone.
  storage::Record* remove_expired_fields(storage::Record* record, std::span<const std::string_view> fields,
                                         std::size_t step = 1);
  // Before the value of a record from write() is changed in place.
  void change(storage::Record* record, KeyEvent event = KeyEvent::kChanged);
  // The command leaves the value as it is, and Redis tells who watches the key of a change all the same (LTRIM that
  // trims nothing). Nothing is logged.
  void signal_modified(const storage::Record& record);
  storage::Record* resize(storage::Record* record, std::uint32_t value_size, KeyEvent event = KeyEvent::kChanged);
  storage::Record* set_expiry(storage::Record* record, std::int64_t expiry_ms);
  void remove(storage::Record* record);
  // For records of another database than the selected one.
  void remove(storage::Record* record, unsigned database);
  storage::Record* set_expiry(storage::Record* record, std::int64_t expiry_ms, unsigned database);

  unsigned database_number() const;
  unsigned database_count() const { return engine_.database_count(); }
  storage::Database& database();
  storage::Database& database(unsigned number);

  // --- keys that the table row does not name
  // True: resident, go on. False: return now, the handler is run again.
  bool need(std::string_view key);
  bool need(std::string_view key, unsigned database);
  // For handlers that may suspend: reads those of these keys that are not in memory. False: one cannot be read; the error
  // is replied.
  io::Task<bool> load(std::span<const std::string_view> keys);
  // What the store knows of a resident key's place and uses.
  storage::Database::KeyLocation locate(std::string_view key);
  storage::Engine& engine() { return engine_; }
  io::Clock& clock() { return parts_.clock; }
  // True: go on; `copy` is one of the key's large object, or null where what there is is to be copied at one go. False:
  // return now, nothing being changed; the handler is run again when the copy is made, others go on meanwhile.
  bool copied(std::string_view key, storage::ObjectPointer& copy);
  // The reply tells of keys as a whole (how many there are): it waits until all changes so far are durable. While the
  // log cannot be written it does not wait, for such commands must answer then most of all.
  void reveal_keyspace();
  // May a command that is no write command change a key on the way? Not while writes are refused.
  bool may_change() const { return replaying() || engine_.writable(false).ok(); }
  // A random number that stays the same when the handler is run again.
  std::uint64_t random() const;

  // The command is one of a transaction: it must not wait for a checkpoint, nor for a client.
  bool in_transaction() const { return batch_.transaction.active; }

  // --- waiting for keys (key_wait.h)
  // Instead of a reply, for commands that have changed nothing. A client that cannot be kept waiting is answered as if
  // the time were over.
  void block(const KeyWait& wait);
  bool may_block() const { return session.may_block && !in_transaction(); }
  // Those of `keys` to be looked at: all of them, or the one that has come for a client that waited.
  std::span<const std::string_view> candidates(std::span<const std::string_view> keys) const;
  // It has waited, and runs again because of one of its keys.
  bool served() const { return call_.served; }
  // The value of this key has more in it now than before: for changes in place that others may wait for (XADD).
  void extended(std::string_view key, storage::ValueType type);

  // --- databases as a whole
  // Empties a database at once.
  void flush(unsigned database);
  // The keys of each become those of the other.
  void swap(unsigned first, unsigned second);
  // For observers: this key of the database is another one, or gone, by what was done to the database.
  void note_replaced(std::string_view key, unsigned database);

  // --- effects
  // What goes to the log (and later to replicas) instead of the command as it came; may be called several times. A
  // handler that changed something and calls neither of these is logged as it came; one that changed nothing, not at
  // all.
  void propagate(std::span<const std::string_view> effect);
  void propagate(std::initializer_list<std::string_view> effect);
  void propagate_nothing();

 private:
  friend class KeyspaceIterator;

  storage::Key key_of(std::string_view name);
  storage::Record* find(std::string_view name, unsigned database, storage::Access access);
  const storage::Record* counted(const storage::Record* record);
  void expire(const storage::Key& key, unsigned database);
  void note(KeyEvent event, const storage::Key& key, unsigned database, storage::ValueType type);
  void note_change(const storage::Record& record, unsigned database, KeyEvent event = KeyEvent::kChanged);
  storage::Key known_key(std::string_view name) const;

  const ContextParts& parts_;
  CommandBatch& batch_;
  Call& call_;
  storage::Engine& engine_;
};

}  // namespace terrace
