#include "tests/simulation/life.h"

#include <cstdio>

#include "tests/simulation/failure.h"
#include "tests/simulation/piece_object.h"

namespace terrace::simulation {

namespace {

// An opening, a check or a close that takes more simulated time than this on a good disk is stuck.
constexpr std::int64_t kLifePatienceUs = 600'000'000;
// appendfsync everysec: "at most about a second", and what the simulated disk may take.
constexpr std::int64_t kEverySecondUs = 2'500'000;

}  // namespace

Life::Life(const Setting& setting)
    : world_(setting.world),
      media_(setting.media),
      oracle_(setting.oracle),
      keyspace_(setting.keyspace),
      profile_(setting.profile),
      number_(setting.number),
      verbose_(setting.verbose),
      random_(mix(setting.profile.seed ^ mix(setting.number ^ 0x4C494645))),
      clock_(setting.clock),
      disk_(setting.world, setting.media),
      workers_(setting.world),
      environment_{disk_, clock_, workers_, random_.next()} {
  disk_.set_latency_scale(profile_.latency_scale);
  if (verbose_) disk_.set_observer([this](const std::string& words) { trace(words); });
}

void Life::trace(const std::string& words) const {
  if (!verbose_) return;
  std::printf("%3llu %12lld us  %s\n", static_cast<unsigned long long>(number_),
              static_cast<long long>(world_.now_us()), words.c_str());
}

storage::Options Life::make_options() {
  storage::Options options;
  options.object_decoder = &piece_object_decoder();
  options.database_count = profile_.databases;
  options.fsync_policy = profile_.fsync_policy;
  options.checkpoint_log_bytes = profile_.checkpoint_log_bytes;
  options.compaction = profile_.compaction;
  options.log = [this](storage::LogLevel, const std::string& line) { trace("store: " + line); };
  // Without a probe the ledger's accounts stand for the resident set, which differs from run to run.
  options.max_memory_bytes = profile_.max_memory_bytes;
  if (profile_.few_files) {
    options.segment_bytes = storage::kLeastSegmentSize;
    options.open_segment_files = storage::SegmentFiles::kLeastLimit;
  }
  return options;
}

// --- the loop

void Life::turn() {
  if (!world_.step()) fail("nothing is left to happen, yet something is waited for");
  if (profile_.stormy() && world_.now_us() >= next_weather_us_) change_weather();
  if (media_.dropped_sectors() != dropped_before_) weather_.rot = true;
  if (!workload_) return;
  if (turn_left_ > 0) --turn_left_;
  if (turn_left_ == 0) {
    turn_left_ = 1 + random_.below(4);
    if (workload_->take_appended()) engine_->commit();
  }
  if (world_.steps() % 256 == 0) {
    workload_->check_progress();
    workload_->check_positions();
    if (profile_.rot == Rot::kSegments) let_rot();
  }
}

template <typename Done>
bool Life::run_until(Done done, std::optional<std::uint64_t> steps) {
  const std::int64_t start_us = world_.now_us();
  while (!done()) {
    if (steps && (*steps)-- == 0) return false;
    turn();
    if (world_.now_us() - start_us > kLifePatienceUs && !workload_ && weather_.storms == 0)
      fail("opening or check is stuck");
  }
  return true;
}

// --- storms

void Life::change_weather() {
  weather_.storm ? end_storm() : begin_storm();
  next_weather_us_ = world_.now_us() + 1 + static_cast<std::int64_t>(random_.below(profile_.storm_gap_us));
}

void Life::begin_storm() {
  trace("storm");
  weather_.storm = true;
  ++weather_.storms;
  disk_.set_faults(profile_.storm);
  if (profile_.squeeze) media_.set_capacity(media_.used() + random_.below(256 * 1024));
}

void Life::end_storm() {
  if (weather_.storm) {
    trace("calm");
    weather_.last_storm_us = world_.now_us();
  }
  weather_.storm = false;
  disk_.set_faults({});
  media_.set_capacity(profile_.capacity_bytes);
}

void Life::let_rot() {
  if (random_.below(16) != 0 || media_.durable_names().empty()) return;
  auto victim = media_.durable_names().begin();
  std::advance(victim, random_.below(media_.durable_names().size()));
  if (!victim->first.starts_with("segments/") || victim->second->durable_size == 0) return;
  const auto mask = static_cast<std::byte>(1u << random_.below(8));
  const std::uint64_t offset = random_.below(victim->second->durable_size);
  if (!media_.flip(victim->second, offset, mask)) return;
  trace("rot: " + victim->first + " @" + std::to_string(offset));
  weather_.rot = true;
}

// --- opening

io::Task<void> Life::open_task() {
  const Result<void> opened = co_await engine_->open(replayer_);
  done_ = true;
  failed_ = !opened.ok();
  if (failed_) error_ = opened.error();
}

Life::End Life::open(std::optional<std::uint64_t> steps, bool storm) {
  trace("open");
  dropped_before_ = media_.dropped_sectors();
  next_weather_us_ = world_.now_us() + 1 + static_cast<std::int64_t>(random_.below(profile_.storm_gap_us + 1));
  if (!storm) next_weather_us_ = std::int64_t{1} << 62;
  if (storm) begin_storm();
  weather_.rot = media_.flips() > 0;
  ledger_ = new storage::Ledger();
  engine_ = new storage::Engine(environment_, make_options(), *ledger_);
  replayer_.set_engine(*engine_);
  done_ = failed_ = false;
  io::spawn(open_task());
  if (!run_until([this] { return done_; }, steps)) return End::kCut;
  end_storm();
  next_weather_us_ = std::int64_t{1} << 62;
  if (failed_) {
    trace("refused: " + error_.message);
    destroy_engine();
    return End::kFailed;
  }
  open_ = true;
  return End::kDone;
}

void Life::destroy_engine() {
  delete engine_;
  engine_ = nullptr;
  delete ledger_;  // which finds what was not given back
  ledger_ = nullptr;
  open_ = false;
  if (world_.pending() > 0) fail("the store is gone, but something of it still waits for disk, clock or workers");
  if (disk_.handles_open() > 0) fail("the store is gone, but files of it are still open");
}

io::Task<void> Life::verify_task() {
  Result<Model> recovered = co_await read_everything(*engine_, profile_.databases);
  done_ = true;
  if (!recovered) fail("what was recovered cannot be read: " + recovered.error().message);
  if (auto wrong = oracle_.recover(std::move(recovered).value(), clock_.wall_ms())) fail(*wrong);
}

Life::End Life::verify(std::optional<std::uint64_t> steps) {
  media_.undo_flips();
  weather_.rot = false;
  done_ = false;
  io::spawn(verify_task());
  verified_ = run_until([this] { return done_; }, steps);
  return verified_ ? End::kDone : End::kCut;
}

// --- work

Life::End Life::work(std::optional<std::uint64_t> steps) {
  trace("work");
  if (profile_.stormy()) {
    next_weather_us_ = world_.now_us() + 1 + static_cast<std::int64_t>(random_.below(profile_.storm_gap_us));
  }
  workload_ = std::make_unique<Workload>(Workload::Site{
      world_, clock_, *engine_, oracle_, weather_, keyspace_, profile_, number_,
      verbose_ ? std::function<void(const std::string&)>([this](const std::string& words) { trace(words); })
               : std::function<void(const std::string&)>()});
  workload_->start();
  const std::int64_t latest_us = world_.now_us() + 2 * kLifePatienceUs;
  const bool over = run_until(
      [&] {
        if (weather_.storms > 0 && world_.now_us() > latest_us) workload_->stop();
        return workload_->over() || (weather_.storms > 0 && world_.now_us() > latest_us + kLifePatienceUs);
      },
      steps);
  last_statistics_ = engine_->statistics();
  return over && workload_->over() ? End::kDone : End::kCut;
}

// --- the end

io::Task<void> Life::close_task(bool checkpoint) {
  const Result<void> closed = co_await engine_->close(checkpoint);
  done_ = true;
  failed_ = !closed.ok();
  if (failed_) error_ = closed.error();
}

Life::End Life::close(bool checkpoint, std::optional<std::uint64_t> steps) {
  trace(checkpoint ? "close with a checkpoint" : "close");
  end_storm();
  next_weather_us_ = std::int64_t{1} << 62;
  done_ = failed_ = false;
  const std::uint64_t durable = engine_->durable_position();
  oracle_.promise(durable);
  io::spawn(close_task(checkpoint));
  if (!run_until([this] { return done_; }, steps)) {
    open_ = false;  // half closed: what it promised until then was asked before
    return End::kCut;
  }
  if (failed_ && weather_.storms == 0 && !weather_.rot) fail("close() failed: " + error_.message);
  if (!failed_) oracle_.promise_all();
  destroy_engine();
  return failed_ ? End::kFailed : End::kDone;
}

void Life::kill() {
  trace("killed");
  // Before the check nobody has seen anything of this life.
  if (open_ && verified_) {
    if (workload_) workload_->check_positions();
    oracle_.promise(engine_->durable_position());
    const bool in_time = weather_.storms == 0 && profile_.latency_scale <= 2;
    if (in_time && profile_.fsync_policy == storage::FsyncPolicy::kEverySecond) {
      oracle_.promise_issued_before(world_.now_us() - kEverySecondUs);
    }
  }
  disk_.abandon();
  world_.drop_events();
  media_.set_capacity(profile_.capacity_bytes);
}

}  // namespace terrace::simulation
