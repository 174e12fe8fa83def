#include "tests/simulation/profile.h"

#include <cstdio>

#include "storage/base/limits.h"
#include "tests/simulation/random.h"

namespace terrace::simulation {

namespace {

using storage::kKiB;
using storage::kMiB;

Faults draw_storm(Random& random) {
  Faults storm;
  double* const knobs[] = {&storm.read_error, &storm.write_error,    &storm.sync_error,   &storm.directory_sync_error,
                           &storm.open_error, &storm.allocate_error, &storm.rename_error, &storm.unlink_error,
                           &storm.no_space,   &storm.short_read,     &storm.short_write,  &storm.slow};
  for (double* knob : knobs) {
    if (random.below(3) == 0) *knob = 1.0 / static_cast<double>(random.between(2, 200));
  }
  return storm;
}

void draw_load(Profile& profile, Random& random) {
  profile.lives = static_cast<unsigned>(random.between(2, 8));
  profile.operations_per_life = random.between(20, 200) * random.skewed(10);
  profile.clients = static_cast<unsigned>(random.skewed(16));
  profile.pipeline = static_cast<unsigned>(random.skewed(16));
  profile.think_us = random.coin() ? 0 : random.skewed(20'000);
  profile.databases = static_cast<unsigned>(random.between(1, 4));
  profile.keys = random.between(2, 20) * random.skewed(200);
  constexpr std::uint64_t kLargest[] = {64, storage::kPageSize, 3 * std::uint64_t{storage::kMaxPageRawSize},
                                        4 * std::uint64_t{storage::kLargeBlockSize}};
  profile.largest_value = kLargest[random.below(4)];
  profile.read_share = random.unit() * 0.9;
  profile.expiry_share = random.coin() ? 0 : random.unit() * 0.5;
  profile.unit_chance = random.below(4) == 0 ? 0 : 0.2 * random.unit();
  profile.unit_steps = random.skewed(64);
  profile.sweep_chance = random.coin() ? 0 : 0.01 * random.unit();
  profile.scan_chance = 0.02 * random.unit();
  profile.maintenance_us = random.skewed(200'000);
}

void draw_limits(Profile& profile, Random& random) {
  profile.capacity_bytes = storage::kTinyLimits ? 256 * kMiB : 64 * storage::kGiB;
  if (random.below(8) == 0) profile.fsync_policy = storage::FsyncPolicy::kEverySecond;
  if (random.coin()) profile.max_memory_bytes = random.between(128, 1024) * kKiB;
  if (random.coin()) profile.checkpoint_log_bytes = random.between(4, 256) * kKiB;
  profile.compaction = random.below(8) != 0;
  profile.few_files = random.coin();
}

void draw_trouble(Profile& profile, Random& random) {
  profile.crash_share = random.below(4) == 0 ? 0 : random.unit();
  profile.crash_in_recovery = random.coin() ? 0 : random.unit() * 0.7;
  constexpr double kSurvival[] = {-1, 0, 0.1, 0.5, 0.9, 1};
  profile.survival = kSurvival[random.below(6)];
  profile.latency_scale = random.coin() ? 1 : 0.2 + 10 * random.unit() * random.unit();
  const std::uint64_t kind = random.below(8);
  if (kind < 3) {
    profile.storm = draw_storm(random);
    profile.storm_gap_us = random.between(1'000, 100'000);
    profile.storm_in_recovery = random.coin() ? 0 : random.unit() * 0.5;
    profile.squeeze = random.below(4) == 0;
  } else if (kind == 3) {
    profile.rot = static_cast<Rot>(random.between(1, 3));
    // A log that is hardly ever cut off by a checkpoint has something to lose.
    if (profile.rot == Rot::kLog) profile.maintenance_us += 50'000;
  }
}

}  // namespace

Profile Profile::draw(std::uint64_t seed) {
  Random random(mix(seed ^ 0x50524F46));
  Profile profile;
  profile.seed = seed;
  draw_load(profile, random);
  draw_limits(profile, random);
  draw_trouble(profile, random);
  return profile;
}

std::string Profile::describe() const {
  char words[640];
  std::snprintf(
      words, sizeof words,
      "%u lives of %llu operations, %u clients x %u, think %llu us, %llu keys in %u databases, values to %llu, "
      "reads %.2f, units %.3f to %llu, expiries %.2f, sweeps %.4f, maintenance %llu us, fsync %s, memory %llu, "
      "checkpoint log %llu, "
      "compaction %d, few files %d, crashes %.2f (recovery %.2f, survival %.1f), latency x%.1f, storms %s%s (recovery "
      "%.2f), rot %d",
      lives, static_cast<unsigned long long>(operations_per_life), clients, pipeline,
      static_cast<unsigned long long>(think_us), static_cast<unsigned long long>(keys), databases,
      static_cast<unsigned long long>(largest_value), read_share, unit_chance,
      static_cast<unsigned long long>(unit_steps), expiry_share, sweep_chance,
      static_cast<unsigned long long>(maintenance_us),
      fsync_policy == storage::FsyncPolicy::kAlways ? "always" : "everysec",
      static_cast<unsigned long long>(max_memory_bytes), static_cast<unsigned long long>(checkpoint_log_bytes),
      compaction, few_files, crash_share, crash_in_recovery, survival, latency_scale, stormy() ? "yes" : "no",
      squeeze ? " with squeezes" : "", storm_in_recovery, static_cast<int>(rot));
  return words;
}

}  // namespace terrace::simulation
