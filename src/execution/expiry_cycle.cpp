#include "src/execution/expiry_cycle.h"

#include <algorithm>
#include <span>
#include <utility>

#include "io/activity.h"
#include "io/slice.h"

namespace terrace {
namespace {

constexpr unsigned kChainsPerStep = 8;
// A cycle has slices for this share of its period, as in Redis.
constexpr std::int64_t kBusyPercent = 25;
// After a cycle that had too few, the next one begins after this part of a period.
constexpr std::int64_t kHurriedPart = 4;
constexpr std::int64_t kColdPeriodMs = 100;
// Under full load, background work has one slice a turn. Removals get longer turns, up to this, as their pages become late.
constexpr std::int64_t kLongestTurnUs = 1000;
constexpr std::int64_t kLongestTurnLateMs = 500;
// At least so many periods a second, even if `hz` is lower: the end of the server waits for the end of a period.
constexpr std::int64_t kLeastHz = 10;
constexpr std::size_t kVictims = 256;
// Keys that are removed before pauses, and the end of the server, are looked for.
constexpr std::size_t kKeysAtOnce = 256;
// Rounds of kVictims keys while the quota is exceeded, before the cycle sleeps for a period.
constexpr unsigned kEvictionRounds = 64;

std::int64_t turn_us(std::int64_t late_ms) {
  const std::int64_t late = std::min(late_ms, kLongestTurnLateMs);
  return io::Slice::kDurationUs + (kLongestTurnUs - io::Slice::kDurationUs) * late / kLongestTurnLateMs;
}

}  // namespace

bool ExpiryCycle::may_remove() const {
  return !stopped_ && !store_.loading() && !dispatcher_.pause().active() && store_.engine().writable(false).ok();
}

std::int64_t ExpiryCycle::hot_period_us() const {
  return 1000000 / std::max(settings_.hz, kLeastHz);
}

io::Task<> ExpiryCycle::run_hot() {
  bool hurried = false;
  while (!stopped_) {
    co_await clock_.sleep_us(hot_period_us() / (hurried ? kHurriedPart : 1));
    hurried = false;
    ++busy_;
    if (active_ && may_remove()) {
      const std::uint64_t caps = statistics_.expire_caps_reached;
      co_await expire_hot();
      hurried = statistics_.expire_caps_reached > caps;
    }
    --busy_;
  }
}

io::Task<> ExpiryCycle::run_cold() {
  while (!stopped_) {
    co_await clock_.sleep_ms(kColdPeriodMs);
    ++busy_;
    if (active_ && may_remove()) co_await expire_cold();
    if (may_remove() && store_.engine().over_quota()) co_await evict();
    --busy_;
  }
}

io::Task<> ExpiryCycle::expire_hot() {
  std::int64_t slices = std::max<std::int64_t>(hot_period_us() * kBusyPercent / 100 / io::Slice::kDurationUs, 1);
  unsigned databases = store_.engine().database_count();
  co_await clock_.yield();
  io::Slice slice(clock_);
  for (databases_done_ = 0; databases_done_ < databases;) {
    std::int64_t begin_us = clock_.monotonic_us();
    while (!slice.over() && databases_done_ < databases) {
      find_hot();
      if (!keys_.empty() || !hashes_.empty()) co_await remove_hot();
      if (!may_remove()) co_return;
      if (cursor_ == 0 && hashes_.empty()) {
        database_ = (database_ + 1) % databases;
        ++databases_done_;
      }
    }
    statistics_.expire_cycle_us += static_cast<std::uint64_t>(clock_.monotonic_us() - begin_us);
    if (--slices == 0) {
      ++statistics_.expire_caps_reached;
      co_return;
    }
    co_await slice.next();
    if (!may_remove()) co_return;
  }
}

void ExpiryCycle::find_hot() {
  const io::Activity activity("expire-cycle");
  if (!hashes_.empty()) return;
  storage::Database& database = store_.engine().database(database_);
  const std::int64_t now_ms = clock_.wall_ms();
  if (!database.hot_keys_expire()) {
    cursor_ = 0;
  } else {
    cursor_ = database.visit_hot_expired(cursor_, kChainsPerStep, now_ms, keys_, hashes_, left_);
  }
  if (cursor_ == 0) note_time_left();
}

io::Task<> ExpiryCycle::remove_hot() {
  if (!keys_.empty()) co_await hot_.remove_expired(database_, keys_);
  keys_.clear();
  if (hashes_.empty()) co_return;
  // The hash may have more expired fields than one call removes. A hash that a checkpoint is copying is left for the
  // next walk.
  storage::Engine& engine = store_.engine();
  const storage::Key key(hashes_.back());
  bool more = !engine.checkpoint_running() || engine.changeable(database_, key);
  if (more) {
    co_await hot_.remove_expired_parts(database_, std::span(hashes_).last(1));
    more = engine.database(database_).parts_expired(key, clock_.wall_ms());
  }
  if (!more) hashes_.pop_back();
}

// Called at the end of a walk through a database.
void ExpiryCycle::note_time_left() {
  const storage::Database::TimeLeft left = std::exchange(left_, {});
  statistics_.average_ttl_ms[database_] =
      left.keys == 0 ? 0 : static_cast<std::int64_t>(left.total_ms / static_cast<double>(left.keys));
}

// Until no page is due.
io::Task<> ExpiryCycle::expire_cold() {
  while (may_remove()) {
    storage::ExpiredKeys expired(store_.ledger());
    co_await store_.engine().find_expired_cold(clock_.wall_ms(), expired);
    if (expired.pages == 0) co_return;
    cold_.set_turn_us(turn_us(expired.late_ms));
    co_await remove_named(expired.whole, [&](unsigned database, std::span<const std::string> names) {
      return cold_.remove_expired(database, names, &expired.heads);
    });
    co_await remove_named(expired.parts, [&](unsigned database, std::span<const std::string> names) {
      return cold_.remove_expired_parts(database, names);
    });
  }
}

io::Task<> ExpiryCycle::evict() {
  for (unsigned round = 0; round < kEvictionRounds && store_.engine().over_quota(); ++round) {
    storage::NamedKeys keys;
    co_await store_.engine().find_victims(kVictims, keys);
    co_await remove_named(
        keys, [&](unsigned database, std::span<const std::string> names) { return cold_.remove(database, names); });
    statistics_.evicted_keys += keys.size();
    if (keys.empty() || !may_remove()) co_return;
  }
}

io::Task<> ExpiryCycle::remove_named(const storage::NamedKeys& keys, const Remove& remove) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    names.push_back(keys[i].second);
    const bool more = i + 1 < keys.size() && keys[i + 1].first == keys[i].first;
    if (more && names.size() < kKeysAtOnce) continue;
    if (!may_remove()) co_return;
    co_await remove(keys[i].first, names);
    names.clear();
  }
}

}  // namespace terrace
