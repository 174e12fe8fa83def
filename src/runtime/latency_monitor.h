// LatencyMonitor: for each event, samples of what took longer than latency-monitor-threshold, at most one a second.
// Redis' events are what LATENCY LATEST lists; the server's own, such as the causes of long turns, are told in LATENCY
// DOCTOR and to those who ask for them by name.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace terrace {

class LatencyMonitor {
 public:
  static constexpr std::size_t kMaxSamples = 160;

  struct Sample {
    std::int64_t unix_seconds;
    std::int64_t duration_ms;
  };
  struct Series {
    std::deque<Sample> samples;  // the oldest first
    std::int64_t worst_ms = 0;
  };

  void add(std::string_view event, std::int64_t unix_seconds, std::int64_t duration_ms) {
    Series& series = events_[std::string(event)];
    series.worst_ms = std::max(series.worst_ms, duration_ms);
    if (!series.samples.empty() && series.samples.back().unix_seconds == unix_seconds) {
      series.samples.back().duration_ms = std::max(series.samples.back().duration_ms, duration_ms);
      return;
    }
    series.samples.push_back({unix_seconds, duration_ms});
    if (series.samples.size() > kMaxSamples) series.samples.pop_front();
  }
  bool erase(const std::string& event) { return events_.erase(event) > 0; }
  // Returns how many of Redis' events there were.
  std::int64_t clear() {
    const std::int64_t count = std::ranges::count_if(events_, [](const auto& item) { return is_of_redis(item.first); });
    events_.clear();
    return count;
  }
  const std::map<std::string, Series>& events() const { return events_; }

  static bool is_of_redis(std::string_view event) {
    return event == "command" || event == "fast-command" || event == "aof-write" || event == "expire-cycle" ||
           event == "eviction-cycle";
  }

 private:
  std::map<std::string, Series> events_;
};

}  // namespace terrace
