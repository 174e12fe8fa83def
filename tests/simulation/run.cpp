#include "tests/simulation/run.h"

#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

constexpr unsigned kMostOpenings = 8;     // cut or refused in a row; the next is left in peace
constexpr std::uint64_t kMostLives = 48;  // killed lives stay in memory

}  // namespace

Run::Run(const Profile& profile, bool verbose)
    : profile_(profile),
      verbose_(verbose),
      random_(mix(profile.seed ^ 0x52554E)),
      world_(profile.seed),
      clock_(world_),
      media_(profile.capacity_bytes),
      oracle_(profile.databases),
      keyspace_(profile) {
  media_.set_lost_vanishes_at_once(profile.lost_vanishes_at_once);
}

RunReport Run::go() {
  for (unsigned life = 0; life < profile_.lives && lives_ < kMostLives; ++life) {
    Life* begun = begin_life();
    live(*begun);
  }
  // What the last one left must be there too.
  end_in_order(begin_life());
  report_.lives = lives_;
  report_.steps = world_.steps();
  report_.simulated_us = static_cast<std::uint64_t>(world_.now_us());
  return report_;
}

std::optional<std::uint64_t> Run::draw_cut(double chance, std::uint64_t most) {
  if (!random_.chance(chance)) return std::nullopt;
  return random_.coin() ? random_.skewed(most) : random_.below(most);
}

Life* Run::begin_life() {
  for (unsigned opening = 0;; ++opening) {
    const bool peace = opening >= kMostOpenings;
    auto* life = new Life({world_, clock_, media_, oracle_, keyspace_, profile_, ++lives_, verbose_});
    const bool storm = !peace && random_.chance(profile_.storm_in_recovery);
    const bool rotten = media_.flips() > 0;
    if (rotten) ++report_.rots;
    switch (life->open(peace ? std::nullopt : draw_cut(profile_.crash_in_recovery, 2000), storm)) {
      case Life::End::kCut:
        kill(life);
        continue;
      case Life::End::kFailed:
        if (!storm && !rotten) fail("opening failed on a good disk: " + life->error().message);
        ++report_.refusals;
        media_.undo_flips();
        count(*life);
        delete life;
        continue;
      case Life::End::kDone:
        break;
    }
    if (life->verify(peace ? std::nullopt : draw_cut(profile_.crash_in_recovery / 4, 500)) == Life::End::kDone)
      return life;
    kill(life);
  }
}

void Run::live(Life& life) {
  const bool killed = random_.chance(profile_.crash_share);
  const std::uint64_t most = 30 * profile_.operations_per_life;
  const Life::End end = life.work(killed ? draw_cut(0.9, most) : std::nullopt);
  if (killed || end == Life::End::kCut) return kill(&life);
  end_in_order(&life);
}

void Run::end_in_order(Life* life) {
  const Life::End end = life->close(random_.coin(), draw_cut(profile_.crash_share / 4, 500));
  if (end == Life::End::kCut) return kill(life);
  ++report_.closes;
  count(*life);
  let_rot(*life);
  delete life;
  if (random_.coin()) cut_power();
}

void Run::kill(Life* life) {
  count(*life);
  life->kill();
  if (random_.below(4) == 0) {
    ++report_.kills;
  } else {
    cut_power();
  }
  let_rot(*life);
}

void Run::cut_power() {
  ++report_.power_cuts;
  constexpr double kSurvival[] = {0, 0.03, 0.3, 0.5, 0.7, 0.97, 1};
  media_.crash(random_, profile_.survival < 0 ? kSurvival[random_.below(std::size(kSurvival))] : profile_.survival);
}

// Rot of a log and of a checkpoint's files strikes while the store is down; that of segments while it is up and may
// stay for the opening.
void Run::let_rot(const Life& life) {
  if (profile_.rot == Rot::kNone) return;
  if (profile_.rot == Rot::kSegments) {
    if (random_.coin()) media_.undo_flips();
    return;
  }
  if (profile_.rot == Rot::kLog) return let_log_rot(life);
  if (random_.coin()) return;
  auto victim = media_.durable_names().begin();
  std::advance(victim, random_.below(media_.durable_names().size()));
  const bool other = victim->first.starts_with("log/") || victim->first.starts_with("segments/");
  if (other || victim->second->directory || victim->second->durable_size == 0) return;
  media_.flip(victim->second, random_.below(victim->second->durable_size),
              static_cast<std::byte>(1u << random_.below(8)));
}

void Run::let_log_rot(const Life& life) {
  constexpr unsigned kTries = 16;
  for (unsigned attempt = 0; attempt < kTries; ++attempt) {
    const auto place = life.disk().old_log_byte(random_);
    if (place && media_.flip(place->file, place->offset, static_cast<std::byte>(1u << random_.below(8)))) return;
  }
}

void Run::count(Life& life) {
  report_.disk_operations += life.disk_counts().operations;
  report_.replayed += life.replayed();
  if (life.stormy()) ++report_.storms;
  if (!life.worked()) return;
  const WorkloadCounts& counts = life.counts();
  report_.operations += counts.operations;
  report_.writes += counts.writes;
  report_.units += counts.units;
  report_.fibers += counts.fibers;
  report_.reads += counts.reads;
  report_.cold_reads += counts.cold_reads;
  report_.failed += counts.failed + counts.refused;
  report_.checkpoints += life.last_statistics().checkpoints;
  report_.spilled += life.last_statistics().spilled_records;
  report_.compacted += life.last_statistics().compacted_records;
  report_.with_dictionary += life.last_statistics().dictionary != 0;
}

}  // namespace terrace::simulation
