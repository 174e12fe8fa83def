// Arguments: a command as its words, and pipelines of such commands. Written by calls, not by braces: in coroutines the
// compiler (GCC 12) destroys lists of strings in braces twice.
// Thread: plain values.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace terrace::simulation {

using Arguments = std::vector<std::string>;

template <typename... Words>
Arguments command(Words&&... words) {
  Arguments arguments;
  (arguments.emplace_back(std::forward<Words>(words)), ...);
  return arguments;
}

template <typename... Commands>
std::vector<Arguments> pipeline(Commands&&... commands) {
  std::vector<Arguments> requests;
  (requests.push_back(std::forward<Commands>(commands)), ...);
  return requests;
}

}  // namespace terrace::simulation
