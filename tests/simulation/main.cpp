// terrace-sim: runs the deterministic simulation; --help tells its arguments.
// A mutant's bound is at least ten times the seeds that it takes on average.
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "storage/base/mutant.h"
#include "tests/simulation/driver.h"

#if defined(__SANITIZE_ADDRESS__)
// Killed lives are leaked on purpose.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace terrace::simulation {
namespace {

using storage::Mutant;

struct NamedMutant {
  const char* name;
  Mutant mutant;
  std::uint64_t bound;  // seeds within which it must be caught
};
constexpr NamedMutant kMutants[] = {
    {"skip-sync", Mutant::kSkipSync, 30},
    {"ack-on-write", Mutant::kAckOnWrite, 200},
    {"ignore-short-write", Mutant::kIgnoreShortWrite, 1500},
    {"unlink-early", Mutant::kUnlinkEarly, 1000},
    {"skip-key-check", Mutant::kSkipKeyCheck, 30},
    {"cut-any-bad-frame", Mutant::kCutAnyBadFrame, 2000},
    {"skip-witness", Mutant::kSkipWitness, 200},
    {"mark-inside-unit", Mutant::kMarkInsideUnit, 150},
    {"split-unit", Mutant::kSplitUnit, 30},
    {"replay-half-unit", Mutant::kReplayHalfUnit, 400},
};

#ifdef TERRACE_MUTANTS
constexpr bool kHasMutants = true;
void activate(Mutant mutant) {
  storage::active_mutant = mutant;
}
#else
constexpr bool kHasMutants = false;
void activate(Mutant) {}
#endif

struct Arguments {
  bool one_seed = false;
  std::uint64_t seed = 0;
  std::uint64_t from = 0;
  std::uint64_t seeds = 0;
  double seconds = 0;
  unsigned jobs = 2;
  bool verbose = false;
  bool determinism = false;
  bool mutants = false;
  bool keep_going = false;
  const NamedMutant* mutant = nullptr;
};

const NamedMutant* mutant_named(const std::string& name) {
  for (const NamedMutant& mutant : kMutants) {
    if (name == mutant.name) return &mutant;
  }
  return nullptr;
}

// Ends the process where the arguments ask for help (0) or are wrong (2).
Arguments parse(int count, char** values) {
  Arguments arguments;
  arguments.from = static_cast<std::uint64_t>(time(nullptr)) * 1000;
  double minutes = 0;
  std::string mutant;
  CLI::App app(
      "The deterministic simulation of Terrace's storage. Exit status 0: all passed; 1: not; 2: bad arguments.",
      "terrace-sim");
  app.add_option("--seed", arguments.seed, "one seed, again exactly as before, in this process");
  app.add_option("--seconds", arguments.seconds, "fresh seeds for that long")->check(CLI::PositiveNumber);
  app.add_option("--minutes", minutes, "fresh seeds for that long")->check(CLI::PositiveNumber);
  app.add_option("--seeds", arguments.seeds, "this many fresh seeds")->check(CLI::PositiveNumber);
  app.add_option("--from", arguments.from, "counts seeds from here instead of from the time of day");
  app.add_option("--jobs", arguments.jobs, "seeds side by side")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_flag("--verbose", arguments.verbose, "with --seed: tells what happens");
  app.add_flag("--determinism", arguments.determinism, "each seed twice; their traces must agree");
  app.add_flag("--keep-going", arguments.keep_going, "does not stop at the first failure");
  if (kHasMutants) {
    std::vector<std::string> names;
    for (const NamedMutant& named : kMutants) names.emplace_back(named.name);
    app.add_option("--mutant", mutant, "with this defect")->check(CLI::IsMember(names));
    app.add_flag("--mutants", arguments.mutants,
                 "every mutant until it is caught; fails if one is not within its bound");
  }
  try {
    app.parse(count, values);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  arguments.one_seed = app.count("--seed") > 0;
  if (!arguments.one_seed && !arguments.mutants && arguments.seeds == 0 && arguments.seconds + minutes == 0) {
    std::fputs("terrace-sim: say --seed, --seeds, --seconds or --minutes\n", stderr);
    std::exit(2);
  }
  if (minutes > 0) arguments.seconds = 60 * minutes;
  arguments.mutant = mutant_named(mutant);
  return arguments;
}

std::string replay_command(const SeedResult& result, const NamedMutant* mutant) {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  std::string command(path, static_cast<std::size_t>(size > 0 ? size : 0));
  if (mutant) command += std::string(" --mutant ") + mutant->name;
  return command + " --seed " + std::to_string(result.seed);
}

void tell_failure(const SeedResult& result, const NamedMutant* mutant) {
  std::printf("\nseed %llu failed\n  profile: %s\n  %s  replay: %s\n", static_cast<unsigned long long>(result.seed),
              Profile::draw(result.seed).describe().c_str(), result.words.c_str(),
              replay_command(result, mutant).c_str());
}

class Totals {
 public:
  void add(const SeedResult& result) {
    ++seeds_;
    failures_ += !result.passed;
    const RunReport& one = result.report;
    std::uint64_t* sums[] = {
        &sum_.units,   &sum_.lives,     &sum_.power_cuts,      &sum_.kills,  &sum_.closes,       &sum_.refusals,
        &sum_.storms,  &sum_.rots,      &sum_.operations,      &sum_.writes, &sum_.reads,        &sum_.cold_reads,
        &sum_.failed,  &sum_.replayed,  &sum_.disk_operations, &sum_.steps,  &sum_.simulated_us, &sum_.checkpoints,
        &sum_.spilled, &sum_.compacted, &sum_.with_dictionary};
    const std::uint64_t parts[] = {
        one.units,   one.lives,     one.power_cuts,      one.kills,  one.closes,       one.refusals,
        one.storms,  one.rots,      one.operations,      one.writes, one.reads,        one.cold_reads,
        one.failed,  one.replayed,  one.disk_operations, one.steps,  one.simulated_us, one.checkpoints,
        one.spilled, one.compacted, one.with_dictionary};
    for (std::size_t i = 0; i < std::size(parts); ++i) *sums[i] += parts[i];
  }
  void tell(const char* end) const {
    const double seconds = static_cast<double>(now_ms() - start_ms_) / 1000 + 0.001;
    auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "%llu seeds, %llu failed, in %.1f s: %llu lives (%llu power cuts, %llu kills, %llu closes, %llu refusals, %llu "
        "with storms, %llu with rot, %llu with a dictionary), %llu operations (%.0f/s; %llu writes, %llu units of "
        "several turns, %llu reads, %llu of them cold, %llu "
        "excused), %llu entries replayed, %llu checkpoints, %llu records spilled, %llu compacted, %llu disk "
        "operations, "
        "%llu events, %.0f simulated seconds%s",
        n(seeds_), n(failures_), seconds, n(sum_.lives), n(sum_.power_cuts), n(sum_.kills), n(sum_.closes),
        n(sum_.refusals), n(sum_.storms), n(sum_.rots), n(sum_.with_dictionary), n(sum_.operations),
        static_cast<double>(sum_.operations) / seconds, n(sum_.writes), n(sum_.units), n(sum_.reads),
        n(sum_.cold_reads), n(sum_.failed), n(sum_.replayed), n(sum_.checkpoints), n(sum_.spilled), n(sum_.compacted),
        n(sum_.disk_operations), n(sum_.steps), static_cast<double>(sum_.simulated_us) / 1e6, end);
    std::fflush(stdout);
  }
  void tell_progress() const {
    if (isatty(STDOUT_FILENO)) {
      std::printf("\r%llu seeds, %llu failed, %llu lives, %llu operations", static_cast<unsigned long long>(seeds_),
                  static_cast<unsigned long long>(failures_), static_cast<unsigned long long>(sum_.lives),
                  static_cast<unsigned long long>(sum_.operations));
      std::fflush(stdout);
    }
  }
  std::uint64_t failures() const { return failures_; }

 private:
  std::int64_t start_ms_ = now_ms();
  std::uint64_t seeds_ = 0;
  std::uint64_t failures_ = 0;
  RunReport sum_;
};

int run_here(const Arguments& arguments) {
  if (arguments.mutant) activate(arguments.mutant->mutant);
  const Profile profile = Profile::draw(arguments.seed);
  std::printf("profile: %s\n", profile.describe().c_str());
  std::fflush(stdout);
  SeedResult result{
      .seed = arguments.seed, .passed = true, .words = {}, .report = Run(profile, arguments.verbose).go()};
  Totals totals;
  totals.add(result);
  totals.tell("\n");
  std::printf("trace %016llx\n", static_cast<unsigned long long>(result.report.trace_hash));
  return 0;
}

int run_many(const Arguments& arguments) {
  Driver driver(arguments.jobs);
  if (arguments.mutant) driver.set_preparation([&] { activate(arguments.mutant->mutant); });
  const std::int64_t end_ms =
      arguments.seconds > 0 ? now_ms() + static_cast<std::int64_t>(arguments.seconds * 1000) : 0;
  std::uint64_t given = 0;
  Totals totals;
  driver.run(
      [&](std::uint64_t& seed) {
        if (arguments.seeds > 0 && given >= arguments.seeds) return false;
        if (end_ms > 0 && now_ms() >= end_ms) return false;
        seed = arguments.from + given++;
        return true;
      },
      [&](const SeedResult& result) {
        totals.add(result);
        if (!result.passed) tell_failure(result, arguments.mutant);
        totals.tell_progress();
        return result.passed || arguments.keep_going;
      });
  if (isatty(STDOUT_FILENO)) std::printf("\r");
  totals.tell("\n");
  return totals.failures() == 0 ? 0 : 1;
}

int run_twice(const Arguments& arguments) {
  const std::uint64_t seeds = arguments.seeds > 0 ? arguments.seeds : 5;
  for (std::uint64_t i = 0; i < seeds; ++i) {
    std::uint64_t traces[2];
    for (std::uint64_t& trace : traces) {
      Driver driver(1);
      const SeedResult result = driver.run_one(arguments.from + i);
      if (!result.passed) return tell_failure(result, nullptr), 1;
      trace = result.report.trace_hash;
    }
    const unsigned long long seed = arguments.from + i;
    std::printf("seed %llu: traces %016llx %016llx\n", seed, static_cast<unsigned long long>(traces[0]),
                static_cast<unsigned long long>(traces[1]));
    if (traces[0] != traces[1]) return std::printf("the two runs differ\n"), 1;
  }
  return 0;
}

// Seeds until the mutant is caught; 0 if it is not.
std::uint64_t catch_mutant(const Arguments& arguments, const NamedMutant& mutant, SeedResult& caught) {
  Driver driver(arguments.jobs);
  driver.set_preparation([&] { activate(mutant.mutant); });
  std::uint64_t given = 0;
  std::uint64_t finished = 0;
  std::uint64_t caught_at = 0;
  driver.run([&](std::uint64_t& seed) { return seed = arguments.from + given, given++ < mutant.bound; },
             [&](const SeedResult& result) {
               ++finished;
               // An abort is no proof: it may be an accident of how the defect is made. A promise must break.
               if (result.words.find("FAILED: ") == std::string::npos || caught_at > 0) return caught_at == 0;
               caught = result;
               caught_at = finished;
               return false;
             });
  return caught_at;
}

int run_mutants(const Arguments& arguments) {
  bool all = true;
  for (const NamedMutant& mutant : kMutants) {
    if (arguments.mutant && arguments.mutant != &mutant) continue;
    SeedResult caught;
    const std::int64_t start_ms = now_ms();
    const std::uint64_t seeds = catch_mutant(arguments, mutant, caught);
    const double seconds = static_cast<double>(now_ms() - start_ms) / 1000;
    if (seeds == 0) {
      std::printf("%-20s NOT CAUGHT in %llu seeds (%.1f s)\n", mutant.name,
                  static_cast<unsigned long long>(mutant.bound), seconds);
      all = false;
      continue;
    }
    std::string words = caught.words.substr(caught.words.find("FAILED: ") + 8);
    words = words.substr(0, std::min<std::size_t>(words.find('\n'), 160));
    std::printf("%-20s caught in %llu seeds of at most %llu (%.1f s), seed %llu: %s\n", mutant.name,
                static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(mutant.bound), seconds,
                static_cast<unsigned long long>(caught.seed), words.c_str());
    std::fflush(stdout);
  }
  return all ? 0 : 1;
}

int run(const Arguments& arguments) {
  if (arguments.mutants) return run_mutants(arguments);
  if (arguments.one_seed) return run_here(arguments);
  if (arguments.determinism) return run_twice(arguments);
  return run_many(arguments);
}

}  // namespace
}  // namespace terrace::simulation

int main(int count, char** values) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  return terrace::simulation::run(terrace::simulation::parse(count, values));
}
