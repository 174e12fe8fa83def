// WatchedKeys: the keys that sessions watch (WATCH), and whether one of them has changed since.
//
// A watched key keeps whether it existed at WATCH and when it, or a field of it, expires. That stays true until a change of the key is
// told. So no look-up is needed to know whether FLUSHALL removes the key or whether it has expired.
// Ownership: owned by the server; owns the watched keys. unwatch() is called before a session ends. Thread: the
// reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/execution/key_events.h"
#include "src/execution/session.h"
#include "storage/base/key.h"

namespace terrace {

struct WatchedKey {
  Session* session;
  unsigned database;
  std::uint64_t hash;
  std::string name;
  bool existed;
  std::int64_t expiry_ms;  // the next time of the key or of one of its fields
};

class WatchedKeys final : public KeyObserver {
 public:
  explicit WatchedKeys(KeyEvents& events) : events_(events) { events.add(*this); }
  WatchedKeys(const WatchedKeys&) = delete;
  WatchedKeys& operator=(const WatchedKeys&) = delete;

  // `record`: of the key, nullptr if the key is absent. A key that the session already watches is not changed.
  void watch(Session& session, unsigned database, const storage::Key& key, const storage::Record* record,
             std::int64_t now_ms);
  // EXEC, DISCARD, UNWATCH, RESET, and the end of the session.
  void unwatch(Session& session);

  // Must EXEC not run? A key that has expired since WATCH counts as changed, even if it has not been removed yet.
  static bool broken(const Session& session, std::int64_t now_ms);

  // The names watched in a database, each once. SWAPDB looks them up in both databases.
  std::vector<std::string> names_in(unsigned database) const;

  // For INFO. These walk over what is watched.
  std::size_t distinct_keys() const;
  std::size_t sessions() const;

  std::size_t size() const { return keys_.size(); }

  void at_key_change(const KeyChange& change) override;

 private:
  using Keys = std::unordered_multimap<std::uint64_t, std::unique_ptr<WatchedKey>>;

  void flush(unsigned database);

  KeyEvents& events_;
  Keys keys_;  // by hash
};

}  // namespace terrace
