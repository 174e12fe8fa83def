// RequestGenerator: draws the requests that simulated clients send: commands of all types on few keys.
// Ownership: borrows the profile. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/clients/arguments.h"
#include "tests/simulation/clients/server_profile.h"
#include "tests/simulation/random.h"

namespace terrace::simulation {

class RequestGenerator {
 public:
  RequestGenerator(const ServerProfile& profile, Random& random) : profile_(profile), random_(random) {}

  // One that does not wait. Now and then SELECT, FLUSHDB, SWAPDB, or a script of some others.
  Arguments draw();
  // One that waits for keys, up to a second or without end.
  Arguments draw_waiting();
  // Something for one that waits.
  Arguments draw_push();
  // A key whose value is a number.
  std::string counter() { return "n" + number(); }
  std::string account() { return "a" + std::to_string(random_.below(profile_.accounts)); }
  unsigned database() { return static_cast<unsigned>(random_.below(profile_.bank())); }
  std::string any_key();

 private:
  std::string number() { return std::to_string(random_.below(profile_.keys)); }
  std::string key(char type);
  std::string value();
  std::string element() { return "e" + std::to_string(random_.below(12)); }
  std::string time_ms();
  std::string timeout();
  std::string small_number() { return std::to_string(static_cast<std::int64_t>(random_.below(41)) - 20); }
  Arguments draw_command();
  Arguments draw_script();
  Arguments draw_string();
  Arguments draw_counter();
  Arguments draw_list();
  Arguments draw_hash();
  Arguments draw_set();
  Arguments draw_sorted_set();
  Arguments draw_key();
  Arguments draw_sweep();

  const ServerProfile& profile_;
  Random& random_;
  std::uint64_t values_ = 0;
};

}  // namespace terrace::simulation
