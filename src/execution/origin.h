// Origin: where a unit comes from, as a policy: which of the steps of a client's command apply to it.
// Ownership: constants. Thread: any.
#pragma once

#include <cstdint>

#include "io/slice.h"

namespace terrace {

struct Origin {
  bool is_client;         // authentication and CLIENT PAUSE apply to it
  bool admitted;          // it waits or is refused when the store has no room or cannot be written
  bool logged;            // its effects go to the log
  bool answered;          // its replies are sent
  bool counted;           // it counts in usage, latency and slow log
  bool expires;           // look-ups remove expired keys; false for the log, which has an effect for each expired key
  bool observed;          // its changes are told to the observers of keys
  std::uint64_t turn_ns;  // a batch that has run for so long lets others run
};

inline constexpr Origin kClientOrigin{.is_client = true,
                                      .admitted = true,
                                      .logged = true,
                                      .answered = true,
                                      .counted = true,
                                      .expires = true,
                                      .observed = true,
                                      .turn_ns = 500'000};
// The server's own work: expiry, cache eviction.
inline constexpr Origin kServerOrigin{.is_client = false,
                                      .admitted = true,
                                      .logged = true,
                                      .answered = false,
                                      .counted = false,
                                      .expires = true,
                                      .observed = true,
                                      .turn_ns = io::Slice::kDurationUs * 1000};
// The log at start.
inline constexpr Origin kReplayOrigin{.is_client = false,
                                      .admitted = false,
                                      .logged = false,
                                      .answered = false,
                                      .counted = false,
                                      .expires = false,
                                      .observed = false,
                                      .turn_ns = UINT64_MAX / 2};

}  // namespace terrace
