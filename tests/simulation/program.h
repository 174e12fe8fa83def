// Program: the command line of a simulation program: one seed again, fresh seeds for some time, each seed twice, every
// mutant until it is caught. Thread: the main thread.
#pragma once

#include <cstdint>
#include <span>

#include "storage/base/mutant.h"
#include "tests/simulation/course.h"

namespace terrace::simulation {

struct NamedMutant {
  const char* name;
  storage::Mutant mutant;
  std::uint64_t bound;  // seeds within which it must be caught: at least ten times those that it takes on average
  // Which seeds can show it; the others are passed over, uncounted. nullptr: any can.
  bool (*can_show)(std::uint64_t seed) = nullptr;
};

struct Program {
  const char* name;
  const char* description;
  const Course& course;
  std::span<const NamedMutant> mutants;
};

// The exit status: 0: all passed; 1: not; 2: bad arguments. Given to a child that breaks a promise: kBrokenPromise.
int run_program(const Program& program, int count, char** values);

}  // namespace terrace::simulation
