// Course: what a simulation program does with a seed. One of the storage alone, one of clients with the server's core.
// Ownership: the program's, for its whole time. Thread: run() is called in a child process, the others in the parent.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
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

// A course of runs: Run(Profile, verbose).go() returns Counts, a struct of nothing but numbers, which `names` names.
template <typename Profile, typename Run, typename Counts, std::size_t kCounts>
class CountedCourse final : public Course {
 public:
  static_assert(sizeof(Counts) == kCounts * sizeof(std::uint64_t) && kCounts <= Report::kMostCounts);

  CountedCourse(Profile (*draw)(std::uint64_t seed), const char* const (&names)[kCounts])
      : draw_(draw), names_(names) {}

  std::string describe(std::uint64_t seed) const override { return draw_(seed).describe(); }
  Report run(std::uint64_t seed, bool verbose) const override {
    Run run(draw_(seed), verbose);
    const auto counts = std::bit_cast<std::array<std::uint64_t, kCounts>>(run.go());
    Report report{.trace_hash = run.trace_hash()};
    std::copy(counts.begin(), counts.end(), report.counts.begin());
    return report;
  }
  std::span<const char* const> count_names() const override { return names_; }

 private:
  Profile (*draw_)(std::uint64_t seed);
  std::span<const char* const, kCounts> names_;
};

}  // namespace terrace::simulation
