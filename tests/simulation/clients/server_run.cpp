#include "tests/simulation/clients/server_run.h"

#include <cstdio>
#include <utility>

#include "src/text/integer.h"
#include "storage/base/limits.h"
#include "tests/simulation/clients/survey.h"
#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

constexpr unsigned kMostOpenings = 8;     // cut short in a row; the next is left in peace
constexpr std::uint64_t kMostLives = 32;  // killed lives stay in memory
// On a disk whose slowest operation takes milliseconds nothing takes that long.
constexpr std::int64_t kPatienceUs = 120'000'000;
// appendfsync everysec: "at most about a second", and what the simulated disk may take.
constexpr std::int64_t kEverySecondUs = 2'500'000;
constexpr std::uint64_t kStepsPerLook = 256;
constexpr std::uint64_t kCapacityBytes = storage::kTinyLimits ? 256 * storage::kMiB : 64 * storage::kGiB;

[[noreturn]] void fail_in(const char* part, const char* how) {
  std::string words = part;
  words.append(how);
  fail(words);
}

}  // namespace

ServerRun::ServerRun(const ServerProfile& profile, bool verbose)
    : profile_(profile),
      verbose_(verbose),
      random_(mix(profile.seed ^ 0x53525652554E)),
      world_(profile.seed),
      clock_(world_),
      media_(kCapacityBytes),
      history_(profile.databases) {}

void ServerRun::say(const std::string& words) const {
  std::printf("%3llu %12lld us  %s\n", static_cast<unsigned long long>(number_),
              static_cast<long long>(world_.now_us()), words.c_str());
}

ServerRunReport ServerRun::go() {
  for (unsigned life = 0; life < profile_.lives && number_ < kMostLives; ++life) live(begin_life());
  // What the last one left must be there too.
  end_in_order(begin_life());
  const SessionModel::Counts& counts = SessionModel::counts();
  report_.lives = number_;
  report_.units = counts.units;
  report_.transactions = counts.transactions;
  report_.refused = counts.refused;
  report_.served = counts.served;
  report_.timeouts = counts.timeouts;
  report_.replies = counts.replies;
  report_.events = world_.steps();
  report_.simulated_us = static_cast<std::uint64_t>(world_.now_us());
  return report_;
}

ServerRun::MaybeCrash ServerRun::draw_crash(double chance, std::uint64_t most, Crash::Moment moment) {
  if (!random_.chance(chance)) return std::nullopt;
  return Crash(random_.coin() ? random_.skewed(most) : random_.below(most), moment);
}

// --- lives

SimulatedServer* ServerRun::begin_life() {
  for (unsigned opening = 0;; ++opening) {
    ++number_;
    const double chance = opening >= kMostOpenings ? 0 : profile_.crash_in_recovery;
    auto* server = new SimulatedServer(
        {world_, clock_, media_, history_, profile_, number_,
         verbose_ ? Witness::Say([this](const std::string& words) { say(words); }) : Witness::Say()});
    if (open(*server, draw_crash(chance, 2000)) && survey(*server, draw_crash(chance / 4, 1000))) return server;
    kill(server);
  }
}

void ServerRun::live(SimulatedServer* server) {
  using enum Crash::Moment;
  constexpr Crash::Moment kMoments[] = {kAny, kRead, kTransaction, kCheckpoint};
  const bool killed = random_.chance(profile_.crash_share);
  const Crash::Moment moment = kMoments[random_.below(std::size(kMoments))];
  // The other moments take some time to come.
  const std::uint64_t most = (moment == kAny ? 60 : 20) * profile_.acts_per_life;
  const MaybeCrash crash = killed ? draw_crash(0.9, most, moment) : std::nullopt;
  const bool over = work(*server, crash);
  if (killed || !over) return kill(server);
  end_in_order(server);
}

void ServerRun::end_in_order(SimulatedServer* server) {
  if (!shut_down(*server, random_.coin(), draw_crash(profile_.crash_share / 4, 500))) return kill(server);
  ++report_.closes;
  history_.promise_all();
  if (server->disk().handles_open() > 0) fail("the server has ended, but files of it are still open");
  delete server;
  if (world_.pending() > 0) fail("the server is gone, but something of it still waits for disk, clock or workers");
  if (random_.coin()) {
    ++report_.power_cuts;
    media_.crash(random_, 0);
  }
}

void ServerRun::kill(SimulatedServer* server) {
  if (verbose_) say("killed");
  crowd_ = nullptr;
  count(*server);
  server->kill();
  if (profile_.fsync_policy == storage::FsyncPolicy::kEverySecond && profile_.latency_scale <= 2) {
    history_.promise_committed_before(world_.now_us() - kEverySecondUs);
  }
  if (random_.below(4) == 0) {
    ++report_.kills;
    return;
  }
  ++report_.power_cuts;
  constexpr double kSurvival[] = {0, 0.03, 0.3, 0.5, 0.7, 0.97, 1};
  media_.crash(random_, profile_.survival < 0 ? kSurvival[random_.below(std::size(kSurvival))] : profile_.survival);
}

// --- its parts

template <typename Done>
bool ServerRun::run_until(SimulatedServer& server, const Done& done, MaybeCrash crash, const char* what) {
  const std::int64_t start_us = world_.now_us();
  while (!done()) {
    if (crash && crash->comes(server)) return false;
    if (!server.step()) fail_in(what, " has not ended, yet nothing is left to happen");
    if (world_.steps() % kStepsPerLook != 0) continue;
    server.witness().check_progress(kPatienceUs);
    if (world_.now_us() - start_us > 10 * kPatienceUs) fail_in(what, " does not end");
  }
  return true;
}

io::Task<> ServerRun::open_task(SimulatedServer& server) {
  const Result<void> opened = co_await server.open();
  if (!opened.ok()) fail("opening failed on a good disk: " + opened.error().message);
  done_ = true;
}

bool ServerRun::open(SimulatedServer& server, MaybeCrash crash) {
  if (verbose_) say("open");
  done_ = false;
  io::spawn(open_task(server));
  return run_until(
      server, [this] { return done_; }, crash, "the opening");
}

io::Task<> ServerRun::survey_task(SimulatedServer& server) {
  Survey look(server);
  const Dataset found = co_await look.run(profile_.databases);
  if (auto wrong = history_.recover(found, clock_.wall_ms())) fail(*wrong);
  check_bank(found);
  done_ = true;
}

bool ServerRun::survey(SimulatedServer& server, MaybeCrash crash) {
  if (verbose_)
    say("survey, promised " + std::to_string(history_.promised()) + " of " + std::to_string(history_.units()));
  done_ = false;
  io::spawn(survey_task(server));
  return run_until(
      server, [this] { return done_; }, crash, "the survey");
}

// Whatever else: amounts were moved between accounts, so all of them together are what they were.
void ServerRun::check_bank(const Dataset& found) const {
  std::int64_t sum = 0;
  std::uint64_t accounts = 0;
  for (const auto& [name, value] : found.keys(profile_.bank())) {
    if (!name.starts_with('a')) continue;
    ++accounts;
    sum += parse_integer(value->string).value_or(0);
  }
  if (accounts == 0) return;
  const auto expected = static_cast<std::int64_t>(profile_.accounts) * ServerProfile::kOpeningBalance;
  if (accounts != profile_.accounts || sum != expected) {
    fail(std::to_string(accounts) + " accounts hold " + std::to_string(sum) + ", expected " + std::to_string(expected));
  }
}

bool ServerRun::work(SimulatedServer& server, MaybeCrash crash) {
  if (verbose_) say("work");
  server.serve();
  const std::uint64_t acts = 1 + random_.below(2 * profile_.acts_per_life);
  report_.acts += acts;
  crowd_ = new ClientCrowd(server, profile_, random_.next(), acts);
  crowd_->start();
  return run_until(
      server, [this] { return crowd_->over(); }, crash, "the work");
}

io::Task<> ServerRun::shut_down_task(SimulatedServer& server, bool checkpoint) {
  if (crowd_ != nullptr) crowd_->stop();
  co_await server.dismiss_clients();
  while (crowd_ != nullptr && !crowd_->ended()) co_await clock_.sleep_us(100);
  delete std::exchange(crowd_, nullptr);
  count(server);
  const Result<void> closed = co_await server.close(checkpoint);
  if (!closed.ok()) fail("closing failed on a good disk: " + closed.error().message);
  done_ = true;
}

bool ServerRun::shut_down(SimulatedServer& server, bool checkpoint, MaybeCrash crash) {
  if (verbose_) say(checkpoint ? "shut down with a checkpoint" : "shut down");
  done_ = false;
  io::spawn(shut_down_task(server, checkpoint));
  return run_until(
      server, [this] { return done_; }, crash, "the end");
}

void ServerRun::count(SimulatedServer& server) {
  report_.disk_operations += server.disk().counts().operations;
  report_.replayed += server.replayed();
  report_.heard += server.heard();
  report_.expired += server.statistics().expired_keys;
  if (server.store().loading()) return;
  const storage::Statistics now = server.store().engine().statistics();
  report_.checkpoints += now.checkpoints;
  report_.spilled += now.spilled_records;
  report_.compacted += now.compacted_records;
}

}  // namespace terrace::simulation
