#include "src/runtime/command_log.h"

namespace terrace {
namespace {

constexpr std::size_t kMaxArguments = 32;
constexpr std::size_t kMaxArgumentSize = 128;

std::vector<std::string> shorten(std::span<const std::string_view> arguments) {
  std::vector<std::string> out;
  std::size_t count = std::min(arguments.size(), kMaxArguments);
  for (std::size_t i = 0; i < count; ++i) {
    if (count < arguments.size() && i == count - 1) {
      out.push_back("... (" + std::to_string(arguments.size() - count + 1) + " more arguments)");
    } else if (arguments[i].size() > kMaxArgumentSize) {
      out.push_back(std::string(arguments[i].substr(0, kMaxArgumentSize)) + "... (" +
                    std::to_string(arguments[i].size() - kMaxArgumentSize) + " more bytes)");
    } else {
      out.emplace_back(arguments[i]);
    }
  }
  return out;
}

}  // namespace

void CommandLog::add(std::span<const std::string_view> arguments, std::int64_t unix_seconds, std::int64_t measure,
                     const std::string& client_address, const std::string& client_name, std::int64_t max_entries) {
  entries_.push_front({next_id_++, unix_seconds, measure, shorten(arguments), client_address, client_name});
  while (entries_.size() > static_cast<std::size_t>(std::max<std::int64_t>(max_entries, 0))) entries_.pop_back();
}

}  // namespace terrace
