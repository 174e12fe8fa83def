// Context: what one run of a handler sees: arguments, reply, keys. All keys that the table row names are resident when
// the handler runs. A handler that learns of further keys calls need(key) for each of them *before it changes
// anything*. When need() returns false, the handler returns at once; it is run again when the key is resident.
// Ownership: borrows everything; lives for one run of a handler. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "src/execution/access_times.h"
#include "src/execution/command_batch.h"
#include "src/execution/key_events.h"
#include "src/execution/listeners.h"
#include "src/execution/open_unit.h"
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
  Listeners& listeners;
  ServerStatistics& statistics;
  const types::CollectionLimits& limits;
  AccessTimes& access_times;
};

class Context {
 public:
  Context(const ContextParts& parts, OpenUnit& open_unit, CommandBatch& batch, Reply& out)
      : arguments(batch.call.arguments),
        reply(out),
        command(batch.call.row()),
        session(*batch.session),
        limits(parts.limits),
        now_ms(batch.now_ms),
        parts_(parts),
        open_unit_(open_unit),
        batch_(batch),
        call_(batch.call),
        engine_(parts.store.engine()) {}

  // --- the request
  std::span<const std::string_view> arguments;  // [0] is the command's name as the client wrote it
  Reply& reply;
  const Command& command;
  Session& session;                       // selected database, protocol, name, flags
  const types::CollectionLimits& limits;  // up to which collections are packed
  std::int64_t now_ms;                    // wall clock, the same for all of one command

  const CommandEntry& entry() const { return *call_.entry; }
  // The parts of the server that the command's family uses (family_parts.h).
  template <typename Parts>
  const Parts& parts() const {
    return call_.entry->parts.template get<Parts>();
  }

  // The command comes from the log, which has an effect for each expired key: expired keys are not removed on look-up.
  bool replaying() const { return !batch_.origin->expires; }

  // The row's arity says which arguments there are in any case.
  std::string_view argument(std::size_t index) const {
    TERRACE_CHECK(index < arguments.size());
    return arguments[index];
  }

  // --- keys of the selected database (or of `database`, where given)

  // The record of a key, nullptr if the key is absent or expired. As in Redis, the look-up removes an expired key; not
  // in replay. O(1). read() sets the access clock and counts a hit or a miss; read_without_touch()
  // only counts (TTL, TYPE, EXISTS, as in Redis); write() only sets the clock; peek() does neither.
  const storage::Record* read(std::string_view key);
  const storage::Record* touch(std::string_view key);  // though the client's reads leave no trace
  const storage::Record* read_without_touch(std::string_view key);
  const storage::Record* read_unnoticed(std::string_view key);  // counts, but a miss is no event (OBJECT, as in Redis)
  const storage::Record* peek(std::string_view key);
  const storage::Record* peek(std::string_view key, unsigned database);
  storage::Record* write(std::string_view key);
  storage::Record* write(std::string_view key, unsigned database);

  // Gives `key` this value in place of any value that it has. Keeps the expiry only if `keep_expiry`. The key counts as
  // changed.
  storage::Record* put(std::string_view key, storage::ValueType type, storage::Encoding encoding,
                       std::string_view bytes, bool keep_expiry = false);
  storage::Record* put(std::string_view key, unsigned database, storage::ValueType type, storage::Encoding encoding,
                       std::string_view bytes, bool keep_expiry = false);
  // The same with an object as the value.
  storage::Record* put(std::string_view key, unsigned database, storage::ValueType type, storage::ObjectPointer object,
                       bool keep_expiry = false);
  // Takes the object out of a record, nullptr if it has none. The record must be removed then.
  storage::ObjectPointer take_object(storage::Record* record);
  // Removes those of `fields` (of every `step`-th) that have expired from a hash, as a look-up removes an expired key.
  // nullptr: no field was left, and the key was removed.
  storage::Record* remove_expired_fields(storage::Record* record, std::span<const std::string_view> fields,
                                         std::size_t step = 1);
  // Likewise for what a command leaves behind though it may still wait: it is no change that the command makes.
  void change_aside(storage::Record* record, std::span<const std::string_view> effect);
  // Must be called before the value of a record from write() is changed in place.
  void change(storage::Record* record, KeyEvent event = KeyEvent::kChanged);
  // The command leaves the value as it is, but in Redis it breaks a WATCH of the key (LTRIM that trims nothing).
  // Nothing is logged.
  void signal_modified(const storage::Record& record);
  storage::Record* resize(storage::Record* record, std::uint32_t value_size, KeyEvent event = KeyEvent::kChanged);
  storage::Record* set_expiry(storage::Record* record, std::int64_t expiry_ms);
  void remove(storage::Record* record);
  // The same for a record of another database than the selected one.
  void remove(storage::Record* record, unsigned database);
  storage::Record* set_expiry(storage::Record* record, std::int64_t expiry_ms, unsigned database);

  unsigned database_number() const;
  unsigned database_count() const { return engine_.database_count(); }
  storage::Database& database();
  storage::Database& database(unsigned number);

  // --- keys that the table row does not name
  // True: the key is resident. False: the handler must return; it is run again.
  bool need(std::string_view key);
  bool need(std::string_view key, unsigned database);
  // For handlers that may suspend: reads those of these keys that are not in memory. False: one cannot be read; the
  // error is replied.
  io::Task<bool> load(std::span<const std::string_view> keys);
  // For handlers that may suspend: to be called behind each of their waits, before they look at keys again. A unit may
  // have been opened during the wait, and its changes must not show before its commit.
  io::Task<> wait_for_open_unit();
  // What the store knows of a resident key's place and uses.
  storage::Database::KeyLocation locate(std::string_view key);
  // Since the key was last used, as far as that is known (access_times.h); and what RESTORE says of it, or of the
  // eviction clock's count.
  std::int64_t idle_seconds(std::string_view key);
  void set_idle_seconds(std::string_view key, std::int64_t seconds);
  void set_access_count(std::string_view key, unsigned count);
  storage::Engine& engine() { return engine_; }
  io::Clock& clock() { return parts_.clock; }
  // Copies the large object of a key in slices, other commands running between them. True: `copy` is the copy, or null
  // if the handler should copy the value itself. False: the handler must return without a change; it is run again when
  // the copy is made.
  bool copied(std::string_view key, storage::ObjectPointer& copy);
  // The reply depends on the keyspace as a whole (how many keys there are): it waits until all changes so far are
  // durable. It does not wait while the log cannot be written: INFO must reply then.
  void reveal_keyspace();
  // May a read command store something with a key (PFCOUNT)? Not while writes are refused.
  bool may_change() const { return replaying() || engine_.writable(false).ok(); }
  // A random number, the same one when the handler is run again.
  std::uint64_t random() const;

  // The command is part of a transaction: it must not wait for a checkpoint or for a client.
  bool in_transaction() const { return batch_.transaction.active; }

  // The handler is about to use so many bytes beside the records that it has, for copies and for what it makes. Asked
  // before it changes anything, with the sum for the whole command. False: it must return; it is run again when there
  // is memory, or the error is replied.
  bool take_memory(std::uint64_t bytes);

  // --- waiting for keys (key_wait.h)
  // Called in place of a reply, by a handler that has changed nothing. A client that cannot wait gets the reply of a
  // timeout.
  void block(const KeyWait& wait);
  bool may_block() const { return session.may_block && !in_transaction(); }
  // Those of `keys` that the handler should look at: all, or after a wait the one that is ready.
  std::span<const std::string_view> candidates(std::span<const std::string_view> keys) const;
  // The command has waited and runs again because one of its keys is ready.
  bool served() const { return call_.served; }
  // The value has grown in place, and clients may wait for that (XADD).
  void extended(std::string_view key, storage::ValueType type);

  // --- what listeners are told when the unit is committed
  // Something happened to a key of the selected database (notify-keyspace-events). `event` is Redis' name for it.
  void notify(EventClass event_class, std::string_view event, std::string_view key) {
    notify(event_class, event, key, session.database);
  }
  void notify(EventClass event_class, std::string_view event, std::string_view key, unsigned database) {
    if (!parts_.listeners.notified(event_class) || !batch_.origin->observed) return;
    batch_.unit.notices().add_event(event_class, event, database, key);
  }
  void publish(Notices::Kind kind, std::string_view channel, std::string_view message) {
    if (parts_.listeners.any()) batch_.unit.notices().add_message(kind, channel, message);
  }

  // What the unit has told so far.
  Notices& notices() { return batch_.unit.notices(); }

  // --- databases as a whole
  // Removes all keys of a database.
  void flush(unsigned database);
  // Exchanges two databases.
  void swap(unsigned first, unsigned second);
  // Tells observers that SWAPDB has changed this key.
  void note_replaced(std::string_view key, unsigned database);

  // --- effects
  // A command that has changed something is logged as it came. A handler that calls propagate(), once or several times,
  // replaces that by these effects, propagate_nothing() by none.
  void propagate(std::span<const std::string_view> effect);
  void propagate(std::initializer_list<std::string_view> effect);
  void propagate_nothing();

 private:
  friend class KeyspaceIterator;

  // Both valid until either is called again.
  const storage::Key& key_of(std::string_view name);
  const storage::Key& known_key(std::string_view name);
  storage::Record* find(std::string_view name, unsigned database, storage::Access access);
  storage::Record* find(const storage::Key& key, unsigned database, storage::Access access);
  storage::Record* find_head(const storage::Key& key, unsigned database, storage::Access access);
  inline void note_access(const storage::Key& key, unsigned database);
  const storage::Record* counted(const storage::Record* record);
  const storage::Record* noticed(std::string_view name, const storage::Record* record);
  bool expire(const storage::Key& key, unsigned database, const storage::Record& record,
              storage::FetchedRecords& fetched);
  void note(KeyEvent event, const storage::Key& key, unsigned database, storage::ValueType type);
  void note_change(const storage::Record& record, unsigned database, KeyEvent event = KeyEvent::kChanged);

  const ContextParts& parts_;
  OpenUnit& open_unit_;
  CommandBatch& batch_;
  Call& call_;
  storage::Engine& engine_;
  storage::Key unlisted_key_;
};

}  // namespace terrace
