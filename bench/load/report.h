// Report: what a run has come to, in words and as JSON.
// Thread: none of its own, plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/load/histogram.h"

namespace terrace::load {

struct CommandReport {
  std::string name;
  std::uint64_t nulls = 0;  // replies that say: not there
  Histogram latency_ns;
};

struct Report {
  double seconds = 0;      // from the first request to the last reply
  double cpu_seconds = 0;  // our own
  std::vector<CommandReport> commands;
  std::uint64_t written_bytes = 0;              // keys and values that the server took
  std::map<std::string, std::uint64_t> errors;  // by the reply's text
  std::uint64_t wrong_values = 0;
  std::string first_wrong_value;
  std::string failure;  // why it ended early; empty if it did not

  std::uint64_t requests() const;
  bool passed() const { return failure.empty() && errors.empty() && wrong_values == 0; }
  std::string in_words() const;
  std::string as_json() const;
};

}  // namespace terrace::load
