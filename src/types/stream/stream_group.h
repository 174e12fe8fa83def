// StreamGroup: a stream's consumer group: how far it has read, its consumers by name, and the entries that were
// delivered and not acknowledged yet (pending), in the order of ids, for the group and for each consumer.
// Ownership: owned by its Stream, to which it reports its memory; owns its consumers. Pointers to pending entries are
// valid until the next change, pointers to consumers until they are removed.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/types/stream/id_row.h"

namespace terrace::types {

struct StreamConsumer {
  struct Owned {
    StreamId id;
  };

  static constexpr std::int64_t kNever = -1;

  std::string name;
  std::int64_t seen_ms = 0;         // when it last tried to read or claim
  std::int64_t active_ms = kNever;  // when it last got an entry
  IdRow<Owned> pending;
};

struct PendingEntry {
  StreamId id;
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 0;
  StreamConsumer* consumer = nullptr;
};

class StreamGroup {
 public:
  using Consumers = std::vector<std::unique_ptr<StreamConsumer>>;
  static constexpr std::int64_t kUnknownReads = -1;

  StreamGroup(storage::Object& owner, std::string_view name);
  ~StreamGroup();
  StreamGroup(const StreamGroup&) = delete;
  StreamGroup& operator=(const StreamGroup&) = delete;

  std::string_view name() const { return name_; }
  StreamId last_id;                           // the last id delivered
  std::int64_t entries_read = kUnknownReads;  // the number of entries ever added up to it

  const Consumers& consumers() const { return consumers_; }  // by name
  StreamConsumer* consumer(std::string_view name) const;
  // There must be none with this name.
  StreamConsumer& add_consumer(std::string_view name, std::int64_t now_ms);
  // Removes also what it has pending.
  void remove_consumer(const StreamConsumer& consumer);

  const IdRow<PendingEntry>& pending() const { return pending_; }
  const PendingEntry* find_pending(const StreamId& id) const { return pending_.find(id); }
  // Makes the entry pending for this consumer, and no longer for another one.
  void set_pending(const StreamId& id, StreamConsumer& consumer, std::int64_t delivered_ms, std::uint64_t deliveries);
  // For images, which may be wrong. False: the entry is pending already; or is not pending, or has a consumer already.
  bool add_unowned(const StreamId& id, std::int64_t delivered_ms, std::uint64_t deliveries);
  bool give(const StreamId& id, StreamConsumer& consumer);
  // False: it is not pending.
  bool acknowledge(const StreamId& id);

  // Frees a part of it; false if nothing but the group itself is left.
  bool discard_some();

 private:
  Consumers::const_iterator place_of(std::string_view name) const;
  static std::size_t footprint(const StreamConsumer& consumer);
  std::size_t footprint() const;

  storage::Object& owner_;
  std::string name_;
  Consumers consumers_;
  IdRow<PendingEntry> pending_;
};

}  // namespace terrace::types
