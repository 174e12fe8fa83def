// CallAccounting: counts what calls cost and how they end, for INFO commandstats, the latency monitor, the command
// logs and the counts of errors.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/config/settings.h"
#include "src/execution/call.h"
#include "src/execution/session.h"
#include "src/runtime/command_log.h"
#include "src/runtime/latency_monitor.h"
#include "src/runtime/server_statistics.h"

namespace terrace {

class CallAccounting {
 public:
  CallAccounting(ServerStatistics& statistics, CommandLogs& logs, LatencyMonitor& latency, const Settings& settings)
      : statistics_(statistics), logs_(logs), latency_(latency), settings_(settings) {}

  // Counts a call that has run. If `reply` is an error, the call counts as failed.
  [[gnu::always_inline]] void count(const Call& call, const Session& session, std::string_view reply,
                                    std::uint64_t duration_ns, std::int64_t now_ms) {
    if (reply.starts_with('-')) {
      ++call.entry->usage.failed;
      count_error(reply);
    }
    count_run(call, session, reply, duration_ns, now_ms);
  }
  // The same without a look at the reply's errors.
  [[gnu::always_inline]] void count_run(const Call& call, const Session& session, std::string_view reply,
                                        std::uint64_t duration_ns, std::int64_t now_ms) {
    CommandUsage& usage = call.entry->usage;
    ++usage.calls;
    usage.time_ns += duration_ns;
    ++statistics_.commands_processed;
    if (settings_.latency_tracking) usage.record_latency(duration_ns);
    const std::int64_t duration_us = static_cast<std::int64_t>(duration_ns / 1000);
    const bool slow = settings_.slowlog_threshold_us >= 0 && duration_us >= settings_.slowlog_threshold_us;
    const bool late = settings_.latency_threshold_ms > 0 && duration_us >= settings_.latency_threshold_ms * 1000;
    if (slow || late) note_slow(call, session, duration_us, now_ms);
    // A limit of -1 is beyond every size.
    const bool large_request = call.raw.size() >= static_cast<std::uint64_t>(settings_.large_request_bytes);
    const bool large_reply = reply.size() >= static_cast<std::uint64_t>(settings_.large_reply_bytes);
    if (large_request) [[unlikely]]
      log(logs_.large_requests, call, session, size_of(call.raw), now_ms, settings_.large_request_max_entries);
    if (large_reply) [[unlikely]]
      log(logs_.large_replies, call, session, size_of(reply), now_ms, settings_.large_reply_max_entries);
  }
  // Counts a wait, which LATENCY reports if it is long: of an open unit ("transaction-wait"), or for it ("unit-wait").
  void count_wait(const char* event, std::int64_t duration_us, std::int64_t now_ms);
  // Counts an error reply, of a call that ran or of one that was refused.
  void count_error(std::string_view reply);
  ServerStatistics& statistics() { return statistics_; }

 private:
  static std::int64_t size_of(std::string_view bytes) { return static_cast<std::int64_t>(bytes.size()); }
  static void log(CommandLog& log, const Call& call, const Session& session, std::int64_t measure, std::int64_t now_ms,
                  std::int64_t max_entries);
  void note_slow(const Call& call, const Session& session, std::int64_t duration_us, std::int64_t now_ms);

  ServerStatistics& statistics_;
  CommandLogs& logs_;
  LatencyMonitor& latency_;
  const Settings& settings_;
};

}  // namespace terrace
