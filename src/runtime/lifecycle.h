// Lifecycle: when the server was started, its run id, and the request to end it.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/sync.h"

namespace terrace {

class Lifecycle {
 public:
  enum class Ending : std::uint8_t { kNone, kWithCheckpoint, kWithoutCheckpoint };

  std::int64_t started_ms = 0;
  std::string run_id;  // 40 hex digits, new with each start
  std::string executable;
  std::string_view supervised_by = "no";
  int exit_code = 0;

  // Only the first request counts. The server closes listeners and connections, then the store, and ends.
  void end(Ending ending) {
    if (ending_ == Ending::kNone) ending_ = ending;
    wished_.notify();
  }
  Ending ending() const { return ending_; }
  io::Event& wished() { return wished_; }

 private:
  Ending ending_ = Ending::kNone;
  io::Event wished_;
};

}  // namespace terrace
