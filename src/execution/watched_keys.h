// WatchedKeys: the keys that sessions watch (WATCH), and whether one of them has changed since.
//
// What a key was at WATCH is kept with it, whether it was there and when it expires: as long as nothing has told of a
// change, it is still so, and no look-up is needed to know whether FLUSHALL takes it or its time has come.
// Ownership: owned by the server, owns the watched keys; a session is forgotten before it goes. Thread: the reactor's.
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
  std::int64_t expiry_ms;
};

class WatchedKeys final : public KeyObserver {
 public:
  explicit WatchedKeys(KeyEvents& events) : events_(events) { events.add(*this); }
  WatchedKeys(const WatchedKeys&) = delete;
  WatchedKeys& operator=(const WatchedKeys&) = delete;

  // `record`: the key's, nullptr if there is none. A key that the session watches already stays watched as it was.
  void watch(Session& session, unsigned database, const storage::Key& key, const storage::Record* record);
  // EXEC, DISCARD, UNWATCH, RESET, and the end of the session.
  void unwatch(Session& session);

  // Must EXEC refuse to run? A key whose time has come since WATCH counts as changed, whether it was removed or not.
  static bool broken(const Session& session, std::int64_t now_ms);

  // The names watched in a database, each once: SWAPDB must know which of them either database holds.
  std::vector<std::string> names_in(unsigned database) const;

  std::size_t size() const { return keys_.size(); }

  void at_key_change(const KeyChange& change) override;

 private:
  using Keys = std::unordered_multimap<std::uint64_t, std::unique_ptr<WatchedKey>>;

  void flush(unsigned database);

  KeyEvents& events_;
  Keys keys_;  // by hash
};

}  // namespace terrace
