// Run: the whole course of one seed: lives of one store on one Media, with what ends them. Ends the process with fail()
// where the store breaks a promise. Ownership: owns the World, the Media and the Oracle; leaks killed lives.
// Thread: the simulation's; one Run in a process at a time.
#pragma once

#include <cstdint>

#include "tests/simulation/keyspace.h"
#include "tests/simulation/life.h"
#include "tests/simulation/profile.h"

namespace terrace::simulation {

// Nothing but numbers: the names in main.cpp stand in the same order.
struct RunReport {
  std::uint64_t lives = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t kills = 0;  // of the process alone
  std::uint64_t closes = 0;
  std::uint64_t refusals = 0;  // openings in a storm or with rot
  std::uint64_t storms = 0;    // lives with one
  std::uint64_t rots = 0;
  std::uint64_t operations = 0;
  std::uint64_t writes = 0;
  std::uint64_t units = 0;   // of several turns
  std::uint64_t fibers = 0;  // of them, those that ran on a stack of their own
  std::uint64_t reads = 0;
  std::uint64_t cold_reads = 0;
  std::uint64_t failed = 0;
  std::uint64_t replayed = 0;
  std::uint64_t disk_operations = 0;
  std::uint64_t steps = 0;
  std::uint64_t simulated_us = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t spilled = 0;
  std::uint64_t compacted = 0;
  std::uint64_t with_dictionary = 0;  // lives
};

class Run {
 public:
  Run(const Profile& profile, bool verbose);

  RunReport go();
  std::uint64_t trace_hash() const { return world_.trace_hash(); }

 private:
  // A life that is open and checked, or nullptr if the power went before.
  Life* begin_life();
  void live(Life& life);
  void end_in_order(Life* life);
  void kill(Life* life);
  void cut_power();
  void let_rot(const Life& life);
  void let_log_rot(const Life& life);
  std::optional<std::uint64_t> draw_cut(double chance, std::uint64_t most);
  void count(Life& life);

  Profile profile_;
  bool verbose_;
  Random random_;
  World world_;
  SimulatedClock clock_;
  Media media_;
  Oracle oracle_;
  Keyspace keyspace_;
  std::uint64_t lives_ = 0;
  RunReport report_;
};

}  // namespace terrace::simulation
