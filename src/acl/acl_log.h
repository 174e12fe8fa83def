// AclLog: what was denied to clients, for ACL LOG: the newest first. What repeats soon after an entry is counted there.
// Ownership: part of Acl. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "io/clock.h"
#include "src/execution/user.h"
#include "src/runtime/server_statistics.h"
#include "storage/memory/ledger.h"

namespace terrace::acl {

class AclLog {
 public:
  // The line of CLIENT LIST about a session.
  using DescribeClient = std::function<std::string(const Session&)>;

  AclLog(io::Clock& clock, ServerStatistics& statistics, storage::Ledger& ledger, DescribeClient describe_client)
      : clock_(clock),
        statistics_(statistics),
        describe_client_(std::move(describe_client)),
        charge_(ledger, storage::Account::kAcl) {}

  enum class Reason : std::uint8_t { kAuthentication, kCommand, kKey, kChannel };
  struct Entry {
    std::uint64_t id = 0;
    std::uint64_t count = 1;
    Reason reason = Reason::kCommand;
    User::Place place = User::Place::kTopLevel;
    std::string object;  // the command, key or channel
    std::string user;
    std::string client;
    std::int64_t created_ms = 0;
    std::int64_t updated_ms = 0;
  };

  void add(const Session& session, Reason reason, User::Place place, std::string_view object, std::string_view user);
  // `acllog-max-len`.
  void set_most(std::size_t entries);
  void clear();
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  void count(Reason reason);
  void trim();
  static std::size_t bytes_of(const Entry& entry);

  io::Clock& clock_;
  ServerStatistics& statistics_;
  DescribeClient describe_client_;
  storage::LedgerCharge charge_;
  std::deque<Entry> entries_;
  std::size_t most_ = 128;
  std::uint64_t next_id_ = 0;
};

}  // namespace terrace::acl
