// Origin: where a unit comes from, and what follows from it: one policy in place of flags that each part would ask for.
// Thread: constants.
#pragma once

namespace terrace {

struct Origin {
  bool is_client;  // a session that must be authenticated, that CLIENT PAUSE holds, that is kept waiting for a turn
  bool admitted;   // refused or kept waiting when the store has no room or cannot be written
  bool logged;     // its effects go to the log
  bool answered;   // its replies go to somebody
  bool counted;    // counts as a command of a client: usage, latency, slow log
  bool expires;    // removes expired keys it meets; false where expiry comes as a command, as in the log
  bool observed;   // tells the observers of keys
};

inline constexpr Origin kClientOrigin{.is_client = true,
                                      .admitted = true,
                                      .logged = true,
                                      .answered = true,
                                      .counted = true,
                                      .expires = true,
                                      .observed = true};
// The server's own work: expiry, cache eviction.
inline constexpr Origin kServerOrigin{.is_client = false,
                                      .admitted = true,
                                      .logged = true,
                                      .answered = false,
                                      .counted = false,
                                      .expires = true,
                                      .observed = true};
// The log at start.
inline constexpr Origin kReplayOrigin{.is_client = false,
                                      .admitted = false,
                                      .logged = false,
                                      .answered = false,
                                      .counted = false,
                                      .expires = false,
                                      .observed = false};

}  // namespace terrace
