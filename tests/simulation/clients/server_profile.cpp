#include "tests/simulation/clients/server_profile.h"

#include <cstdio>

#include "storage/base/limits.h"
#include "tests/simulation/random.h"

namespace terrace::simulation {

namespace {

using storage::kKiB;

void draw_load(ServerProfile& profile, Random& random) {
  profile.lives = static_cast<unsigned>(random.between(2, 6));
  profile.clients = static_cast<unsigned>(random.between(1, 3) * random.skewed(6));
  profile.acts_per_life = random.between(10, 60) * random.skewed(8);
  profile.commands_at_once = random.skewed(32);
  profile.think_us = random.coin() ? 0 : random.skewed(20'000);
  profile.longest_send_us = random.coin() ? 0 : random.skewed(5'000);
  profile.databases = static_cast<unsigned>(random.between(2, 4));
  profile.keys = random.skewed(40);
  profile.accounts = random.between(2, 8);
  constexpr std::uint64_t kLargest[] = {32, 512, storage::kPageSize, 5 * std::uint64_t{storage::kPageSize}};
  profile.largest_value = kLargest[random.below(4)];
  profile.script_share = random.coin() ? 0 : random.unit() * 0.3;
  profile.expiry_share = random.coin() ? 0 : random.unit() * 0.4;
  profile.sweep_chance = random.coin() ? 0 : 0.05 * random.unit();
  profile.stray_chance = random.coin() ? 0 : 0.1 * random.unit();
  profile.maintenance_us = random.skewed(100'000);
  constexpr std::uint64_t kSlowness[] = {0, 8, 32, 128};
  profile.slowness = kSlowness[random.below(4)];
}

void draw_store(ServerProfile& profile, Random& random) {
  if (random.below(8) == 0) profile.fsync_policy = storage::FsyncPolicy::kEverySecond;
  if (random.coin()) profile.max_memory_bytes = random.between(128, 512) * kKiB;
  if (random.coin()) profile.checkpoint_log_bytes = random.between(4, 128) * kKiB;
  profile.compaction = random.below(8) != 0;
  profile.crash_share = random.below(6) == 0 ? 0 : 0.5 + 0.5 * random.unit();
  profile.crash_in_recovery = random.coin() ? 0 : random.unit() * 0.5;
  constexpr double kSurvival[] = {-1, 0, 0.1, 0.5, 0.9, 1};
  profile.survival = kSurvival[random.below(6)];
  profile.latency_scale = random.coin() ? 1 : 0.2 + 10 * random.unit() * random.unit();
}

}  // namespace

ServerProfile ServerProfile::draw(std::uint64_t seed) {
  Random random(mix(seed ^ 0x53525650));
  ServerProfile profile;
  profile.seed = seed;
  draw_load(profile, random);
  draw_store(profile, random);
  return profile;
}

std::string ServerProfile::describe() const {
  char words[512];
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::snprintf(words, sizeof words,
                "%u lives of %llu acts, %u clients, %llu commands at once, think %llu us, send %llu us, %llu keys of "
                "each type in %u databases, values to %llu, scripts %.2f, expiries %.2f, sweeps %.3f, strays %.2f, "
                "maintenance %llu "
                "us, slowness %llu, fsync %s, memory %llu, checkpoint log %llu, compaction %d, crashes %.2f (recovery "
                "%.2f, survival %.1f), latency x%.1f",
                lives, n(acts_per_life), clients, n(commands_at_once), n(think_us), n(longest_send_us), n(keys),
                databases, n(largest_value), script_share, expiry_share, sweep_chance, stray_chance, n(maintenance_us),
                n(slowness), fsync_policy == storage::FsyncPolicy::kAlways ? "always" : "everysec", n(max_memory_bytes),
                n(checkpoint_log_bytes), compaction, crash_share, crash_in_recovery, survival, latency_scale);
  return words;
}

}  // namespace terrace::simulation
