// CommandLog: the last commands whose duration or size exceeded a limit, for SLOWLOG and COMMANDLOG.
// CommandLogs: the three of them.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

class CommandLog {
 public:
  struct Entry {
    std::uint64_t id;
    std::int64_t unix_seconds;
    std::int64_t measure;                // microseconds, or bytes
    std::vector<std::string> arguments;  // shortened
    std::string client_address;
    std::string client_name;
  };

  void add(std::span<const std::string_view> arguments, std::int64_t unix_seconds, std::int64_t measure,
           const std::string& client_address, const std::string& client_name, std::int64_t max_entries);
  void clear() { entries_.clear(); }
  const std::deque<Entry>& entries() const { return entries_; }  // the latest first

 private:
  std::uint64_t next_id_ = 0;
  std::deque<Entry> entries_;
};

struct CommandLogs {
  CommandLog slow;
  CommandLog large_requests;
  CommandLog large_replies;
};

}  // namespace terrace
