// Keyspace: the keys that a run uses and the values it gives them. Some keys are asked for far more often than others;
// some are long; some come in pairs that the index cannot tell apart without reading them.
// Ownership: owns the names. Thread: the simulation's.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/profile.h"
#include "tests/simulation/random.h"

namespace terrace::simulation {

class Keyspace {
 public:
  explicit Keyspace(const Profile& profile);

  const std::string& pick(Random& random) const;
  std::string value(Random& random) const;
  std::size_t size() const { return names_.size(); }

 private:
  std::string make_name(Random& random, std::uint64_t number) const;

  std::uint64_t largest_value_;
  std::vector<std::string> names_;
};

}  // namespace terrace::simulation
