// terrace-sim: the deterministic simulation of the storage; --help tells its arguments.
#include <iterator>

#include "tests/simulation/program.h"
#include "tests/simulation/run.h"

namespace terrace::simulation {
namespace {

using storage::Mutant;

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

}  // namespace
}  // namespace terrace::simulation

int main(int count, char** values) {
  using namespace terrace::simulation;
  const CountedCourse<Profile, Run, RunReport, std::size(kCountNames)> course(Profile::draw, kCountNames);
  return run_program({.name = "terrace-sim",
                      .description = "The deterministic simulation of Terrace's storage.",
                      .course = course,
                      .mutants = kMutants},
                     count, values);
}
