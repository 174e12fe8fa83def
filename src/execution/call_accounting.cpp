#include "src/execution/call_accounting.h"

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
  if (slow) log(logs_.slow, call, session, duration_us, now_ms, settings_.slowlog_max_entries);
}

void CallAccounting::log(CommandLog& log, const Call& call, const Session& session, std::int64_t measure,
                         std::int64_t now_ms, std::int64_t max_entries) {
  const Command& row = call.row();
  if (row.flags & kSkipSlowlog) return;
  std::vector<std::string_view> shown(call.arguments.begin(), call.arguments.end());
  for (std::size_t i = 1; row.secret != nullptr && i < shown.size(); ++i) {
    if (row.secret(call.arguments, i)) shown[i] = "(redacted)";
  }
  log.add(shown, now_ms / 1000, measure, session.address, session.name, max_entries);
}

void CallAccounting::count_wait(const char* event, std::int64_t duration_us, std::int64_t now_ms) {
  const bool late = settings_.latency_threshold_ms > 0 && duration_us >= settings_.latency_threshold_ms * 1000;
  if (late) latency_.add(event, now_ms / 1000, duration_us / 1000);
}

void CallAccounting::count_error(std::string_view reply) {
  ++statistics_.error_replies;
  // As in Redis, an error without a blank soon behind its first word has no code.
  constexpr std::size_t kMostCode = 32;
  const std::size_t end = reply.substr(0, kMostCode).find_first_of(" \r");
  const bool has_code = end != reply.npos && end > 1 && reply[end] == ' ';
  std::string code(has_code ? reply.substr(1, end - 1) : "ERR");
  constexpr std::size_t kMaxCodes = 128;
  if (statistics_.errors.size() < kMaxCodes || statistics_.errors.contains(code)) ++statistics_.errors[code];
}

}  // namespace terrace
