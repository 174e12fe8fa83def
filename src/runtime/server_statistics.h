// ServerStatistics: the server's counters for INFO; CONFIG RESETSTAT resets them.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace terrace {

struct ServerStatistics {
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t commands_processed = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t reads_processed = 0;
  std::uint64_t writes_processed = 0;
  std::uint64_t keyspace_hits = 0;
  std::uint64_t keyspace_misses = 0;
  std::uint64_t expired_keys = 0;
  std::uint64_t expired_fields = 0;
  std::map<unsigned, std::int64_t> average_ttl_ms;  // by database: of hot keys with an expiry, at the last walk
  std::uint64_t evicted_keys = 0;
  std::uint64_t expire_cycle_us = 0;
  std::uint64_t expire_caps_reached = 0;
  std::uint64_t error_replies = 0;
  std::uint64_t evicted_clients = 0;              // for what they held of memory
  std::uint64_t query_limit_disconnections = 0;   // clients closed for client-query-buffer-limit
  std::uint64_t output_limit_disconnections = 0;  // clients closed for client-output-buffer-limit
  std::uint64_t acl_denied_authentications = 0;
  std::uint64_t acl_denied_commands = 0;
  std::uint64_t acl_denied_keys = 0;
  std::uint64_t acl_denied_channels = 0;
  std::uint64_t peak_memory = 0;                // the highest value that INFO has sampled
  std::map<std::string, std::uint64_t> errors;  // by code: "ERR", "WRONGTYPE", ...

  // Commands and bytes per second over the last 16 samples of 100 ms.
  struct Rate {
    static constexpr unsigned kSamples = 16;
    std::uint64_t per_second[kSamples] = {};
    unsigned next = 0;
    std::uint64_t last_value = 0;
    std::int64_t last_us = 0;

    void sample(std::uint64_t value, std::int64_t now_us) {
      if (last_us > 0 && now_us > last_us && value >= last_value) {
        per_second[next] = (value - last_value) * 1000000 / static_cast<std::uint64_t>(now_us - last_us);
        next = (next + 1) % kSamples;
      }
      last_value = value;
      last_us = now_us;
    }
    std::uint64_t average() const {
      std::uint64_t sum = 0;
      for (std::uint64_t rate : per_second) sum += rate;
      return sum / kSamples;
    }
  };
  Rate command_rate;
  Rate input_rate;
  Rate output_rate;
  Rate turn_rate;
  Rate busy_rate;  // microseconds of each second in which the reactor did not wait
};

}  // namespace terrace
