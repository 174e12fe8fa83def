// terrace-sim-clients: the deterministic simulation of clients, the server's core and the storage together; --help
// tells its arguments.
#include <algorithm>
#include <bit>

#include "tests/simulation/clients/server_run.h"
#include "tests/simulation/program.h"

namespace terrace::simulation {
namespace {

using storage::Mutant;

constexpr NamedMutant kMutants[] = {
    {"reply-before-position", Mutant::kReplyBeforePosition, 150},
    {"message-before-position", Mutant::kMessageBeforePosition, 300},
    {"ignore-dependency", Mutant::kIgnoreDependency, 300},
    {"unit-cut-in-two", Mutant::kUnitCutInTwo, 300},
    {"mark-inside-unit", Mutant::kMarkInsideUnit, 300},
    {"open-unit-is-seen", Mutant::kOpenUnitIsSeen, 100},
    {"script-keeps-nobody-off", Mutant::kScriptKeepsNobodyOff, 150},
    {"watch-misses-expiry", Mutant::kWatchMissesExpiry, 40},
    {"eviction-breaks-watch", Mutant::kEvictionBreaksWatch, 20},
};

// Of the fields of ServerRunReport, in their order.
constexpr const char* kCountNames[] = {
    "lives",
    "power cuts",
    "kills",
    "closes",
    "acts",
    "units",
    "transactions",
    "refused by WATCH",
    "served after a wait",
    "timeouts",
    "replies judged",
    "events heard",
    "expired",
    "commands replayed",
    "checkpoints",
    "records spilled",
    "compacted",
    "disk operations",
    "events",
    "simulated us",
};
constexpr std::size_t kCounts = std::size(kCountNames);
static_assert(sizeof(ServerRunReport) == kCounts * sizeof(std::uint64_t));

class ClientsCourse final : public Course {
 public:
  std::string describe(std::uint64_t seed) const override { return ServerProfile::draw(seed).describe(); }
  Report run(std::uint64_t seed, bool verbose) const override {
    ServerRun run(ServerProfile::draw(seed), verbose);
    const auto counts = std::bit_cast<std::array<std::uint64_t, kCounts>>(run.go());
    Report report{.trace_hash = run.trace_hash()};
    std::copy(counts.begin(), counts.end(), report.counts.begin());
    return report;
  }
  std::span<const char* const> count_names() const override { return kCountNames; }
};

int run_clients(int count, char** values) {
  const ClientsCourse course;
  return run_program({.name = "terrace-sim-clients",
                      .description = "The deterministic simulation of clients, the server's core and the storage.",
                      .course = course,
                      .mutants = kMutants},
                     count, values);
}

}  // namespace
}  // namespace terrace::simulation

int main(int count, char** values) {
  return terrace::simulation::run_clients(count, values);
}
