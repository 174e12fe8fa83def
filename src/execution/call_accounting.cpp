#include "src/execution/call_accounting.h"

#include <algorithm>
#include <string>
#include <vector>

namespace terrace {

void CallAccounting::note_slow(const Call& call, const Session& session, std::int64_t duration_us,
                               std::int64_t now_ms) {
  const Command& row = call.row();
  if (settings_.latency_threshold_ms > 0 && duration_us >= settings_.latency_threshold_ms * 1000) {
    latency_.add(row.flags & kFast ? "fast-command" : "command", now_ms / 1000, duration_us / 1000);
  }
  const bool slow = settings_.slowlog_threshold_us >= 0 && duration_us >= settings_.slowlog_threshold_us;
  if (!slow || (row.flags & kSkipSlowlog)) return;
  std::vector<std::string_view> shown(call.arguments.begin(), call.arguments.end());
  for (std::size_t i = 1; row.secret != nullptr && i < shown.size(); ++i) {
    if (row.secret(call.arguments, i)) shown[i] = "(redacted)";
  }
  slow_log_.add(shown, now_ms / 1000, duration_us, session.address, session.name, settings_.slowlog_max_entries);
}

void CallAccounting::count_wait(const char* event, std::int64_t duration_us, std::int64_t now_ms) {
  const bool late = settings_.latency_threshold_ms > 0 && duration_us >= settings_.latency_threshold_ms * 1000;
  if (late) latency_.add(event, now_ms / 1000, duration_us / 1000);
}

void CallAccounting::count_error(std::string_view reply) {
  ++statistics_.error_replies;
  const std::size_t end = std::min(reply.find_first_of(" \r"), reply.size());
  if (end < 2) return;
  std::string code(reply.substr(1, end - 1));
  constexpr std::size_t kMaxCodes = 128;
  if (statistics_.errors.size() < kMaxCodes || statistics_.errors.contains(code)) ++statistics_.errors[code];
}

}  // namespace terrace
