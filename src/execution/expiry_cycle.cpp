#include "src/execution/expiry_cycle.h"

#include <utility>

#include "io/activity.h"
#include "io/reactor.h"
#include "io/slice.h"
#include "src/execution/dispatcher.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"

namespace terrace {
namespace {

constexpr unsigned kChainsPerStep = 8;
// One cycle goes on for at most this share of its period, in slices.
constexpr std::int64_t kBusyPercent = 10;
constexpr std::int64_t kColdPeriodMs = 100;
// Whatever `hz` says: the end of the server waits for the end of a period.
constexpr std::int64_t kLeastHz = 10;
constexpr std::size_t kColdKeys = 256;
// Named at once: each may be a hash that loses fields.
constexpr std::size_t kKeysAtOnce = 16;
// Times kColdKeys in a row while the quota is passed, before the cycle rests for a period.
constexpr unsigned kEvictionRounds = 64;

}  // namespace

bool ExpiryCycle::may_remove() const {
  Store& store = services_.store;
  return !stopped_ && !store.loading() && !services_.dispatcher.pause().active() && store.engine().writable(false).ok();
}

std::int64_t ExpiryCycle::hot_period_us() const {
  return 1000000 / std::max(settings_.hz, kLeastHz);
}

io::Task<> ExpiryCycle::run_hot() {
  while (!stopped_) {
    co_await services_.reactor.sleep_us(hot_period_us());
    ++busy_;
    if (active_ && may_remove()) co_await expire_hot();
    --busy_;
  }
}

io::Task<> ExpiryCycle::run_cold() {
  while (!stopped_) {
    co_await services_.reactor.sleep_ms(kColdPeriodMs);
    ++busy_;
    if (active_ && may_remove()) co_await expire_cold();
    if (may_remove() && services_.store.engine().over_quota()) co_await evict();
    --busy_;
  }
}

io::Task<> ExpiryCycle::expire_hot() {
  std::int64_t budget_us = hot_period_us() * kBusyPercent / 100;
  unsigned databases = services_.store.engine().database_count();
  co_await services_.reactor.yield();
  io::Slice slice(services_.reactor);
  for (databases_done_ = 0; databases_done_ < databases;) {
    std::int64_t begin_us = services_.reactor.monotonic_us();
    std::int64_t slice_us = 0;
    while (!slice.over() && databases_done_ < databases) {
      find_hot();
      if (!keys_.empty() || !hashes_.empty()) co_await remove_hot();
      if (!may_remove()) co_return;
      if (cursor_ == 0 && hashes_.empty()) {
        database_ = (database_ + 1) % databases;
        ++databases_done_;
      }
      slice_us = services_.reactor.monotonic_us() - begin_us;
    }
    services_.statistics.expire_cycle_us += static_cast<std::uint64_t>(slice_us);
    budget_us -= slice_us;
    if (budget_us <= 0) {
      ++services_.statistics.expire_caps_reached;
      co_return;
    }
    co_await slice.next();
    if (!may_remove()) co_return;
  }
}

void ExpiryCycle::find_hot() {
  const io::Activity activity("expire-cycle");
  if (!hashes_.empty()) return;
  storage::Database& database = services_.store.engine().database(database_);
  const std::int64_t now_ms = services_.reactor.wall_ms();
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
  // It may have more such fields than go at once. One that a checkpoint copies just now is found again by the next
  // walk.
  storage::Engine& engine = services_.store.engine();
  const storage::Key key(hashes_.back());
  bool more = !engine.checkpoint_running() || engine.changeable(database_, key);
  if (more) {
    co_await hot_.remove_expired_parts(database_, std::span(hashes_).last(1));
    more = engine.database(database_).parts_expired(key, services_.reactor.wall_ms());
  }
  if (!more) hashes_.pop_back();
}

// At the end of a walk through a database.
void ExpiryCycle::note_time_left() {
  const storage::Database::TimeLeft left = std::exchange(left_, {});
  services_.statistics.average_ttl_ms[database_] =
      left.keys == 0 ? 0 : static_cast<std::int64_t>(left.total_ms / static_cast<double>(left.keys));
}

io::Task<> ExpiryCycle::expire_cold() {
  storage::NamedKeys keys;
  co_await services_.store.engine().find_expired_cold(services_.reactor.wall_ms(), kColdKeys, keys);
  co_await remove_named(keys, true);
}

io::Task<> ExpiryCycle::evict() {
  for (unsigned round = 0; round < kEvictionRounds && services_.store.engine().over_quota(); ++round) {
    storage::NamedKeys keys;
    co_await services_.store.engine().find_victims(kColdKeys, keys);
    co_await remove_named(keys, false);
    services_.statistics.evicted_keys += keys.size();
    if (keys.empty() || !may_remove()) co_return;
  }
}

io::Task<> ExpiryCycle::remove_named(const storage::NamedKeys& keys, bool expired) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    names.push_back(keys[i].second);
    const bool more = i + 1 < keys.size() && keys[i + 1].first == keys[i].first;
    if (more && !(expired && names.size() == kKeysAtOnce)) continue;
    if (!may_remove()) co_return;
    if (expired) {
      co_await cold_.remove_expired_parts(keys[i].first, names);
    } else {
      co_await cold_.remove(keys[i].first, names);
    }
    names.clear();
  }
}

}  // namespace terrace
