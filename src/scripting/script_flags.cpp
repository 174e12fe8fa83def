#include "src/scripting/script_flags.h"

namespace terrace {
namespace {

struct Name {
  std::string_view name;
  ScriptFlag flag;
};
constexpr Name kNames[] = {{"no-writes", kNoWrites},
                           {"allow-oom", kAllowOom},
                           {"allow-stale", kAllowStale},
                           {"no-cluster", kNoCluster},
                           {"allow-cross-slot-keys", kAllowCrossSlotKeys}};

}  // namespace

std::optional<std::uint8_t> script_flag(std::string_view name) {
  for (const Name& each : kNames) {
    if (each.name == name) return each.flag;
  }
  return std::nullopt;
}

std::vector<std::string_view> script_flag_names(std::uint8_t flags) {
  std::vector<std::string_view> names;
  for (const Name& each : kNames) {
    if (flags & each.flag) names.push_back(each.name);
  }
  return names;
}

std::optional<Shebang> find_shebang(std::string_view text) {
  if (!text.starts_with("#!")) return std::nullopt;
  Shebang shebang;
  shebang.size = text.find('\n');
  if (shebang.size == std::string_view::npos) return shebang;
  std::string_view rest = text.substr(0, shebang.size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \t\r"), rest.size());
    if (end > 0) {
      shebang.engine.empty() ? shebang.engine = rest.substr(0, end) : shebang.options.emplace_back(rest.substr(0, end));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return shebang;
}

}  // namespace terrace
