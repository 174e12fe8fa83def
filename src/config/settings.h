// Settings: the values of those directives that have an effect. Config changes them, the other parts read them.
// Ownership: owned by Config. Thread: the reactor's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "src/config/event_classes.h"
#include "src/types/encoding/collection_limits.h"
#include "storage/base/options.h"

namespace terrace {

// Which keys cache mode may remove, and how they are chosen.
enum class EvictionPolicy : std::uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kNoEviction,
};

constexpr bool is_lru(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLru || policy == EvictionPolicy::kAllKeysLru;
}
constexpr bool is_lfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLfu || policy == EvictionPolicy::kAllKeysLfu;
}
// Only keys with an expiry.
constexpr bool is_volatile(EvictionPolicy policy) {
  return policy <= EvictionPolicy::kVolatileTtl;
}

// The supervisor that the server reports to (server/supervisor.h).
enum class Supervision : std::uint8_t { kNone, kUpstart, kSystemd, kDetect };

// Who may use something dangerous: nobody, everybody, or local connections.
enum class Permission : std::uint8_t { kNo, kYes, kLocal };

struct OutputLimit {
  std::uint64_t hard_bytes = 0;  // 0: none
  std::uint64_t soft_bytes = 0;
  std::int64_t soft_seconds = 0;
};

// A line `rename-command`. `place`: the beginning of the message if it cannot be done.
struct CommandRename {
  std::string name;
  std::string new_name;  // "": clients cannot use the command
  std::string place;
};

// A line `user`: an ACL user. `place`: the beginning of the message if a rule is wrong.
struct UserLine {
  std::string name;
  std::vector<std::string> rules;
  std::string place;
};

struct Settings : types::CollectionLimits {
  // network
  std::int64_t port = 6379;
  std::vector<std::string> bind = {"*", "-::*"};
  std::string unix_socket;
  std::int64_t unix_socket_permissions = 0;
  std::int64_t tcp_backlog = 511;
  std::int64_t tcp_keepalive_seconds = 300;
  std::int64_t idle_timeout_seconds = 0;
  std::int64_t max_clients = 10000;
  bool protected_mode = true;
  std::string password;
  std::vector<UserLine> users;
  std::string acl_file;
  std::int64_t acl_log_max_entries = 128;
  bool pubsub_allowed = false;  // acl-pubsub-default: new users may use all channels
  std::vector<CommandRename> command_renames;
  std::string replica_of;  // "host port": there is no replication, but nothing is written that the master does not know
  std::int64_t query_buffer_bytes = 1024ll << 20;
  std::int64_t max_bulk_bytes = 512ll << 20;
  std::array<OutputLimit, 3> output_limits = {OutputLimit{0, 0, 0}, OutputLimit{256ull << 20, 64ull << 20, 60},
                                              OutputLimit{32ull << 20, 8ull << 20, 60}};  // normal, replica, pubsub

  // the process
  std::string directory = ".";
  std::string log_file;
  storage::LogLevel log_level = storage::LogLevel::kNotice;
  std::string pid_file;
  bool daemonize = false;
  Supervision supervised = Supervision::kNone;
  std::int64_t hz = 10;
  std::int64_t busy_threshold_ms = 5000;  // a script that runs longer is told of by -BUSY; 0: never
  Permission debug_command = Permission::kNo;
  Permission protected_configs = Permission::kNo;

  // the store
  std::int64_t databases = 16;
  std::int64_t max_memory_bytes = 0;
  // maxmemory-clients: one of them, or both 0
  std::int64_t clients_bytes = 0;
  std::int64_t clients_percent = 0;  // of max_memory_bytes
  EvictionPolicy max_memory_policy = EvictionPolicy::kNoEviction;
  storage::FsyncPolicy append_fsync = storage::FsyncPolicy::kAlways;
  std::int64_t disk_quota_bytes = 0;
  bool tiering = true;
  bool compaction = true;
  std::int64_t compaction_live_percent = 80;
  bool compression_dictionaries = true;
  std::int64_t scrub_days = 30;
  std::int64_t background_io_bytes = 0;
  std::int64_t segment_bytes = 0;  // 0: as the store grows
  std::int64_t checkpoint_log_bytes = 0;

  // messages
  EventClasses event_classes = 0;  // notify-keyspace-events
  std::int64_t tracking_table_keys = 1'000'000;

  // observation
  std::int64_t slowlog_threshold_us = 10000;
  std::int64_t slowlog_max_entries = 128;
  std::int64_t large_request_bytes = 1 << 20;  // -1: large ones are not logged; so is the next
  std::int64_t large_reply_bytes = 1 << 20;
  std::int64_t large_request_max_entries = 128;
  std::int64_t large_reply_max_entries = 128;
  std::int64_t latency_threshold_ms = 0;
  bool latency_tracking = true;
  std::vector<double> latency_percentiles = {50, 99, 99.9};
};

}  // namespace terrace
