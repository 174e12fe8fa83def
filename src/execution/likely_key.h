// likely_key: the argument of a command that is worth a prefetch, before it is known which command it is. If it is no
// key, the prefetch is useless but harmless.
// Ownership: borrows. Thread: any.
#pragma once

#include <span>
#include <string_view>

namespace terrace {

// The first argument; of EVAL, EVALSHA and FCALL the first one behind the script and the number of keys. There must be
// an argument.
inline std::string_view likely_key(std::span<const std::string_view> arguments) {
  const std::string_view name = arguments[0];
  const auto begins_with = [name](char first, char second) {
    return (name[0] | 0x20) == first && (name[1] | 0x20) == second;
  };
  const bool script = arguments.size() > 3 && name.size() >= 4 && (begins_with('e', 'v') || begins_with('f', 'c'));
  return arguments[script ? 3 : 1];
}

}  // namespace terrace
