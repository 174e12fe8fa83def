#include "src/execution/watched_keys.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "src/types/hash/hash.h"
#include "storage/base/mutant.h"

namespace terrace {
namespace {

// The memory of a watched key beside its name: the object, its place in the map, the session's pointer.
constexpr std::size_t kBytesBesideName = sizeof(WatchedKey) + 6 * sizeof(void*);

// SWAPDB also tells of each watched key. A kExtended that is a change in Redis is told as kChanged, too.
bool breaks_watch(KeyEvent event) {
  return event != KeyEvent::kSwapped && event != KeyEvent::kExtended && event != KeyEvent::kUnseen &&
         event != KeyEvent::kFieldsExpired;
}

std::int64_t next_expiry_ms(const storage::Record* record, std::int64_t now_ms) {
  if (record == nullptr) return storage::kNoExpiry;
  if (!record->expires().parts) return record->expiry_ms();
  return storage::sooner(record->expiry_ms(), types::HashView(*record, now_ms).next_expiry_ms());
}

}  // namespace

void WatchedKeys::watch(Session& session, unsigned database, const storage::Key& key, const storage::Record* record,
                        std::int64_t now_ms) {
  const auto range = keys_.equal_range(key.hash);
  const bool watched = std::any_of(range.first, range.second, [&](const auto& entry) {
    const WatchedKey& other = *entry.second;
    return other.session == &session && other.database == database && other.name == key.name;
  });
  if (watched) return;
  auto made = std::make_unique<WatchedKey>(WatchedKey{.session = &session,
                                                      .database = database,
                                                      .hash = key.hash,
                                                      .name = std::string(key.name),
                                                      .existed = record != nullptr,
                                                      .expiry_ms = next_expiry_ms(record, now_ms)});
  session.watched.push_back(made.get());
  session.watched_charge.resize(session.watched_charge.bytes() + kBytesBesideName + key.name.size());
  keys_.emplace(key.hash, std::move(made));
  events_.begin_interest();
}

void WatchedKeys::unwatch(Session& session) {
  for (const WatchedKey* key : session.watched) {
    const auto range = keys_.equal_range(key->hash);
    keys_.erase(std::find_if(range.first, range.second, [&](const auto& entry) { return entry.second.get() == key; }));
    events_.end_interest();
  }
  session.watched.clear();
  session.watched_charge.resize(0);
  session.watch_broken = false;
}

bool WatchedKeys::broken(const Session& session, std::int64_t now_ms) {
  if (session.watch_broken) return true;
  if (storage::mutant(storage::Mutant::kWatchMissesExpiry)) return false;
  return std::any_of(session.watched.begin(), session.watched.end(), [now_ms](const WatchedKey* key) {
    return key->expiry_ms != storage::kNoExpiry && key->expiry_ms < now_ms;
  });
}

std::vector<std::string> WatchedKeys::names_in(unsigned database) const {
  std::vector<std::string> names;
  for (const auto& [hash, key] : keys_) {
    if (key->database == database) names.push_back(key->name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::size_t WatchedKeys::distinct_keys() const {
  std::set<std::pair<unsigned, std::string_view>> names;
  for (const auto& [hash, key] : keys_) names.emplace(key->database, key->name);
  return names.size();
}

std::size_t WatchedKeys::sessions() const {
  std::unordered_set<const Session*> sessions;
  for (const auto& [hash, key] : keys_) sessions.insert(key->session);
  return sessions.size();
}

void WatchedKeys::at_key_change(const KeyChange& change) {
  if (keys_.empty() || !breaks_watch(change.event)) return;
  if (change.event == KeyEvent::kFlushed) return flush(change.database);
  const auto range = keys_.equal_range(storage::Key(change.name).hash);
  for (auto entry = range.first; entry != range.second; ++entry) {
    const WatchedKey& key = *entry->second;
    if (key.database != change.database || key.name != change.name) continue;
    // A key that was absent at WATCH is removed only where it had expired before: the look of WATCH itself removes it.
    const bool removed = change.event == KeyEvent::kExpired || change.event == KeyEvent::kRemoved;
    if (key.existed || !removed) key.session->watch_broken = true;
  }
}

// A key that was absent at WATCH is still absent, or the watch is broken already.
void WatchedKeys::flush(unsigned database) {
  for (const auto& [hash, key] : keys_) {
    if (key->database == database && key->existed) key->session->watch_broken = true;
  }
}

}  // namespace terrace
