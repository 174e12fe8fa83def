// SlowLog: the last commands that took longer than slowlog-log-slower-than, for SLOWLOG.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

class SlowLog {
 public:
  struct Entry {
    std::uint64_t id;
    std::int64_t unix_seconds;
    std::int64_t duration_us;
    std::vector<std::string> arguments;  // shortened
    std::string client_address;
    std::string client_name;
  };

  void add(std::span<const std::string_view> arguments, std::int64_t unix_seconds, std::int64_t duration_us,
           const std::string& client_address, const std::string& client_name, std::int64_t max_entries);
  void clear() { entries_.clear(); }
  const std::deque<Entry>& entries() const { return entries_; }  // the latest first

 private:
  std::uint64_t next_id_ = 0;
  std::deque<Entry> entries_;
};

}  // namespace terrace
