#include "tests/simulation/clients/script_request.h"

#include <cstddef>

namespace terrace::simulation {

namespace {

// Each command is the number of its words, and the words.
constexpr const char* kText =
    "local replies, at = {}, 1 "
    "while at <= #ARGV do "
    "  local last = at + tonumber(ARGV[at]) "
    "  replies[#replies + 1] = redis.pcall(unpack(ARGV, at + 1, last)) "
    "  at = last + 1 "
    "end "
    "return replies";
constexpr std::size_t kFirstKey = 3;

}  // namespace

Arguments script_request(const std::vector<std::string>& declared, const std::vector<Arguments>& commands) {
  Arguments request{"eval", kText, std::to_string(declared.size())};
  request.insert(request.end(), declared.begin(), declared.end());
  for (const Arguments& command : commands) {
    request.push_back(std::to_string(command.size()));
    request.insert(request.end(), command.begin(), command.end());
  }
  return request;
}

std::vector<Arguments> commands_of_script(const Arguments& request) {
  std::vector<Arguments> commands;
  for (std::size_t at = kFirstKey + std::stoul(request[2]); at < request.size();) {
    const auto first = request.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const std::size_t words = std::stoul(request[at]);
    commands.emplace_back(first, first + static_cast<std::ptrdiff_t>(words));
    at += 1 + words;
  }
  return commands;
}

}  // namespace terrace::simulation
