// fail(): ends this process because the store broke a promise. The driver, which runs each seed in a process of its
// own, reports the words with the seed. Thread: the simulation's.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace terrace::simulation {

inline constexpr int kBrokenPromise = 3;  // exit status

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "FAILED: %s\n", what.c_str());
  std::fflush(stderr);
  std::fflush(stdout);
  std::_Exit(kBrokenPromise);
}

}  // namespace terrace::simulation
