// Driver: runs the seeds of a course, each in a separate process, several side by side, and tells what came of them.
// Ownership: borrows the course. Thread: the main thread; children run one seed each.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/simulation/course.h"

namespace terrace::simulation {

struct SeedResult {
  std::uint64_t seed = 0;
  bool passed = false;
  std::string words;  // what a failed one said
  Report report;
};

class Driver {
 public:
  Driver(const Course& course, unsigned jobs) : course_(course), jobs_(jobs) {}

  // Called in each child before its run.
  void set_preparation(std::function<void()> preparation) { preparation_ = std::move(preparation); }
  // Runs the seeds that `next` gives (false: no more) and calls `done` for each; `done` says whether to go on.
  void run(const std::function<bool(std::uint64_t&)>& next, const std::function<bool(const SeedResult&)>& done);
  SeedResult run_one(std::uint64_t seed);

 private:
  struct Child {
    pid_t pid = 0;
    std::uint64_t seed = 0;
    int report_pipe = -1;
    int output = -1;
    std::int64_t start_ms = 0;
  };

  Child start(std::uint64_t seed);
  [[noreturn]] void be_child(std::uint64_t seed, int report_pipe, int output);
  SeedResult collect(Child& child, int status);
  bool reap(std::vector<Child>& children, const std::function<bool(const SeedResult&)>& done);

  const Course& course_;
  unsigned jobs_;
  std::function<void()> preparation_;
};

std::int64_t now_ms();

}  // namespace terrace::simulation
