// terrace-sim: the deterministic simulation of the storage; --help tells its arguments.
#include <bit>

#include "tests/simulation/program.h"
#include "tests/simulation/run.h"

namespace terrace::simulation {
namespace {

using storage::Mutant;

bool log_rots(std::uint64_t seed) {
  return Profile::draw(seed).rot == Rot::kLog;
}

constexpr NamedMutant kMutants[] = {
    {"skip-sync", Mutant::kSkipSync, 30},
    {"ack-on-write", Mutant::kAckOnWrite, 200},
    {"ignore-short-write", Mutant::kIgnoreShortWrite, 1500},
    {"unlink-early", Mutant::kUnlinkEarly, 1000},
    {"skip-key-check", Mutant::kSkipKeyCheck, 30},
    {"cut-any-bad-frame", Mutant::kCutAnyBadFrame, 100, log_rots},
    {"skip-witness", Mutant::kSkipWitness, 200},
    {"mark-inside-unit", Mutant::kMarkInsideUnit, 150},
    {"split-unit", Mutant::kSplitUnit, 30},
    {"replay-half-unit", Mutant::kReplayHalfUnit, 400},
};

// Of the fields of RunReport, in their order.
constexpr const char* kCountNames[] = {
    "lives",       "power cuts",
    "kills",       "closes",
    "refusals",    "storms",
    "with rot",    "operations",
    "writes",      "units of several turns",
    "on a stack",  "reads",
    "cold reads",  "excused",
    "replayed",    "disk operations",
    "events",      "simulated us",
    "checkpoints", "spilled",
    "compacted",   "with a dictionary",
};
constexpr std::size_t kCounts = std::size(kCountNames);
static_assert(sizeof(RunReport) == kCounts * sizeof(std::uint64_t));

class StorageCourse final : public Course {
 public:
  std::string describe(std::uint64_t seed) const override { return Profile::draw(seed).describe(); }
  Report run(std::uint64_t seed, bool verbose) const override {
    Run run(Profile::draw(seed), verbose);
    const auto counts = std::bit_cast<std::array<std::uint64_t, kCounts>>(run.go());
    Report report{.trace_hash = run.trace_hash()};
    std::copy(counts.begin(), counts.end(), report.counts.begin());
    return report;
  }
  std::span<const char* const> count_names() const override { return kCountNames; }
};

int run_storage(int count, char** values) {
  const StorageCourse course;
  return run_program({.name = "terrace-sim",
                      .description = "The deterministic simulation of Terrace's storage.",
                      .course = course,
                      .mutants = kMutants},
                     count, values);
}

}  // namespace
}  // namespace terrace::simulation

int main(int count, char** values) {
  return terrace::simulation::run_storage(count, values);
}
