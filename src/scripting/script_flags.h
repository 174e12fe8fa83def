// ScriptFlags: what a script or function says about itself, in its shebang line or at its registration.
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace terrace {

enum ScriptFlag : std::uint8_t {
  kNoWrites = 1u << 0,
  kAllowOom = 1u << 1,
  kAllowStale = 1u << 2,
  kNoCluster = 1u << 3,
  kAllowCrossSlotKeys = 1u << 4,
};

// "no-writes" and so on; nothing if there is no such flag.
std::optional<std::uint8_t> script_flag(std::string_view name);
// The names of those that are set, in the order of Redis.
std::vector<std::string_view> script_flag_names(std::uint8_t flags);

// The first line of a script: "#!lua flags=no-writes,allow-stale", of a library: "#!lua name=mylib".
struct Shebang {
  std::string_view engine;
  std::vector<std::string_view> options;
  std::size_t size = 0;  // the line end is not part of it
};
// Nothing: the text has no such line. Error: it has no end.
std::optional<Shebang> find_shebang(std::string_view text);

}  // namespace terrace
