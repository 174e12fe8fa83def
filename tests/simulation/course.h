// Course: what a simulation program does with a seed. One of the storage alone, one of clients with the server's core.
// Ownership: the program's, for its whole time. Thread: run() is called in a child process, the others in the parent.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace terrace::simulation {

// What a seed came to, in plain numbers that pass through a pipe.
struct Report {
  static constexpr std::size_t kMostCounts = 40;

  std::array<std::uint64_t, kMostCounts> counts{};
  std::uint64_t trace_hash = 0;  // equal for equal courses
};

class Course {
 public:
  virtual ~Course() = default;

  // The kind of course that the seed gives, in words.
  virtual std::string describe(std::uint64_t seed) const = 0;
  // Ends the process with fail() where a promise is broken.
  virtual Report run(std::uint64_t seed, bool verbose) const = 0;
  // What Report::counts has, in order: "lives", "power cuts", ...
  virtual std::span<const char* const> count_names() const = 0;
};

}  // namespace terrace::simulation
