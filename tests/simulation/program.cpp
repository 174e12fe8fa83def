#include "tests/simulation/program.h"

#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

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

#ifdef TERRACE_MUTANTS
constexpr bool kHasMutants = true;
void activate(storage::Mutant mutant) {
  storage::active_mutant = mutant;
}
#else
constexpr bool kHasMutants = false;
void activate(storage::Mutant) {}
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

unsigned long long n(std::uint64_t value) {
  return value;
}

// Ends the process where the arguments ask for help (0) or are wrong (2).
Arguments parse(const Program& program, int count, char** values) {
  Arguments arguments;
  arguments.from = static_cast<std::uint64_t>(time(nullptr)) * 1000;
  double minutes = 0;
  std::string mutant;
  CLI::App app(std::string(program.description) + " Exit status 0: all passed; 1: not; 2: bad arguments.",
               program.name);
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
    for (const NamedMutant& named : program.mutants) names.emplace_back(named.name);
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
    std::fprintf(stderr, "%s: say --seed, --seeds, --seconds or --minutes\n", program.name);
    std::exit(2);
  }
  if (minutes > 0) arguments.seconds = 60 * minutes;
  for (const NamedMutant& named : program.mutants) {
    if (mutant == named.name) arguments.mutant = &named;
  }
  return arguments;
}

std::string replay_command(const SeedResult& result, const NamedMutant* mutant) {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  std::string command(path, static_cast<std::size_t>(size > 0 ? size : 0));
  if (mutant) command += std::string(" --mutant ") + mutant->name;
  return command + " --seed " + std::to_string(result.seed);
}

void tell_failure(const Course& course, const SeedResult& result, const NamedMutant* mutant) {
  std::printf("\nseed %llu failed\n  profile: %s\n  %s  replay: %s\n", n(result.seed),
              course.describe(result.seed).c_str(), result.words.c_str(), replay_command(result, mutant).c_str());
}

class Totals {
 public:
  explicit Totals(const Course& course) : names_(course.count_names()) {}

  void add(const SeedResult& result) {
    ++seeds_;
    failures_ += !result.passed;
    for (std::size_t i = 0; i < names_.size(); ++i) sums_[i] += result.report.counts[i];
  }
  void tell() const {
    const double seconds = static_cast<double>(now_ms() - start_ms_) / 1000;
    std::printf("%llu seeds, %llu failed, in %.1f s:", n(seeds_), n(failures_), seconds);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      std::printf("%s %llu %s", i == 0 ? "" : ",", n(sums_[i]), names_[i]);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  void tell_progress() const {
    if (!isatty(STDOUT_FILENO)) return;
    std::printf("\r%llu seeds, %llu failed", n(seeds_), n(failures_));
    std::fflush(stdout);
  }
  std::uint64_t failures() const { return failures_; }

 private:
  std::int64_t start_ms_ = now_ms();
  std::uint64_t seeds_ = 0;
  std::uint64_t failures_ = 0;
  std::span<const char* const> names_;
  std::array<std::uint64_t, Report::kMostCounts> sums_{};
};

int run_here(const Course& course, const Arguments& arguments) {
  if (arguments.mutant) activate(arguments.mutant->mutant);
  std::printf("profile: %s\n", course.describe(arguments.seed).c_str());
  std::fflush(stdout);
  const SeedResult result{
      .seed = arguments.seed, .passed = true, .words = {}, .report = course.run(arguments.seed, arguments.verbose)};
  Totals totals(course);
  totals.add(result);
  totals.tell();
  std::printf("trace %016llx\n", n(result.report.trace_hash));
  return 0;
}

int run_many(const Course& course, const Arguments& arguments) {
  Driver driver(course, arguments.jobs);
  if (arguments.mutant) driver.set_preparation([&] { activate(arguments.mutant->mutant); });
  const std::int64_t end_ms =
      arguments.seconds > 0 ? now_ms() + static_cast<std::int64_t>(arguments.seconds * 1000) : 0;
  std::uint64_t given = 0;
  Totals totals(course);
  driver.run(
      [&](std::uint64_t& seed) {
        if (arguments.seeds > 0 && given >= arguments.seeds) return false;
        if (end_ms > 0 && now_ms() >= end_ms) return false;
        seed = arguments.from + given++;
        return true;
      },
      [&](const SeedResult& result) {
        totals.add(result);
        if (!result.passed) tell_failure(course, result, arguments.mutant);
        totals.tell_progress();
        return result.passed || arguments.keep_going;
      });
  if (isatty(STDOUT_FILENO)) std::printf("\r");
  totals.tell();
  return totals.failures() == 0 ? 0 : 1;
}

int run_twice(const Course& course, const Arguments& arguments) {
  const std::uint64_t seeds = arguments.seeds > 0 ? arguments.seeds : 5;
  for (std::uint64_t i = 0; i < seeds; ++i) {
    std::uint64_t traces[2];
    for (std::uint64_t& trace : traces) {
      Driver driver(course, 1);
      const SeedResult result = driver.run_one(arguments.from + i);
      if (!result.passed) return tell_failure(course, result, nullptr), 1;
      trace = result.report.trace_hash;
    }
    std::printf("seed %llu: traces %016llx %016llx\n", n(arguments.from + i), n(traces[0]), n(traces[1]));
    if (traces[0] != traces[1]) return std::printf("the two runs differ\n"), 1;
  }
  return 0;
}

// Seeds until the mutant is caught; 0 if it is not.
std::uint64_t catch_mutant(const Course& course, const Arguments& arguments, const NamedMutant& mutant,
                           SeedResult& caught) {
  Driver driver(course, arguments.jobs);
  driver.set_preparation([&] { activate(mutant.mutant); });
  std::uint64_t next_seed = arguments.from;
  std::uint64_t given = 0;
  std::uint64_t finished = 0;
  std::uint64_t caught_at = 0;
  driver.run(
      [&](std::uint64_t& seed) {
        while (mutant.can_show && !mutant.can_show(next_seed)) ++next_seed;
        seed = next_seed++;
        return given++ < mutant.bound;
      },
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

int run_mutants(const Program& program, const Arguments& arguments) {
  bool all = true;
  for (const NamedMutant& mutant : program.mutants) {
    if (arguments.mutant && arguments.mutant != &mutant) continue;
    SeedResult caught;
    const std::int64_t start_ms = now_ms();
    const std::uint64_t seeds = catch_mutant(program.course, arguments, mutant, caught);
    const double seconds = static_cast<double>(now_ms() - start_ms) / 1000;
    if (seeds == 0) {
      std::printf("%-20s NOT CAUGHT in %llu seeds (%.1f s)\n", mutant.name, n(mutant.bound), seconds);
      all = false;
      continue;
    }
    std::string words = caught.words.substr(caught.words.find("FAILED: ") + 8);
    words = words.substr(0, std::min<std::size_t>(words.find('\n'), 160));
    std::printf("%-20s caught in %llu seeds of at most %llu (%.1f s), seed %llu: %s\n", mutant.name, n(seeds),
                n(mutant.bound), seconds, n(caught.seed), words.c_str());
    std::fflush(stdout);
  }
  return all ? 0 : 1;
}

}  // namespace

int run_program(const Program& program, int count, char** values) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  const Arguments arguments = parse(program, count, values);
  if (arguments.mutants) return run_mutants(program, arguments);
  if (arguments.one_seed) return run_here(program.course, arguments);
  if (arguments.determinism) return run_twice(program.course, arguments);
  return run_many(program.course, arguments);
}

}  // namespace terrace::simulation
