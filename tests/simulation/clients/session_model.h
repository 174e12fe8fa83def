// SessionModel: what a session must be answered: its database, MULTI and its queue, watched keys. Each answer is judged
// at its unit's place in the order of commits; the process ends with fail() where it is wrong.
//
// WATCH: an EXEC that ran had no change of a watched key's value, expiry or presence behind its WATCH, nor a watched key
// whose time had come. One that was refused had a unit that wrote a watched key, or such a key.
// Ownership: borrows the history. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/clients/history.h"

namespace terrace::simulation {

// A request between client and reply.
struct ClientRequest {
  Arguments arguments;  // the command's name in lower case
  std::int64_t sent_us = 0;
  // When its handler first ran: the time it had, and the units committed before.
  std::int64_t first_run_ms = 0;
  std::uint64_t first_run_units = 0;
  std::optional<std::int64_t> run_ms = {};                 // the time that its handler had when it last ran
  std::vector<std::optional<std::int64_t>> inner_ms = {};  // of EXEC: the same for each queued call
  std::optional<std::int64_t> blocked_since_us = {};       // it waits, or waited, for keys

  bool has_run() const { return run_ms || !inner_ms.empty(); }
};

// What a client has been told by a reply.
struct Answer {
  std::uint64_t dependency = 0;        // units that must survive
  std::optional<ModelUnit> unit = {};  // what the request did
};

class SessionModel {
 public:
  struct Now {
    std::int64_t wall_ms;
    std::int64_t monotonic_us;
  };

  SessionModel(History& history, std::uint64_t number) : history_(history), number_(number) {}

  Answer judge(const ClientRequest& request, const ReplyValue& actual, Now now);
  // A unit is committed, of this session or of another one.
  void note_changes(const ModelUnit& unit);

  unsigned database() const { return database_; }
  // For a request that waits: the keys it waits for and what they must hold.
  std::vector<KeyName> awaited_keys(const ClientRequest& request) const;
  static DataValue::Type awaited_type(const ClientRequest& request);

  struct Counts {
    std::uint64_t units = 0;  // plain commands and transactions
    std::uint64_t transactions = 0;
    std::uint64_t refused = 0;  // by WATCH
    std::uint64_t served = 0;   // after they had waited
    std::uint64_t timeouts = 0;
    std::uint64_t replies = 0;  // that were judged
  };
  static Counts& counts();

 private:
  struct Watch {
    KeyName key;
    std::uint64_t since;  // units committed before
    std::optional<std::int64_t> expiry_ms;
    bool changed = false;
  };

  Answer execute(const ClientRequest& request, const ReplyValue& actual);
  Answer judge_control(const ClientRequest& request, const ReplyValue& actual, Now now);
  Answer judge_exec(const ClientRequest& request, const ReplyValue& actual, Now now);
  Answer judge_transaction(const ClientRequest& request, const ReplyValue& actual, std::int64_t now_ms);
  Answer judge_refusal(std::int64_t now_ms) const;
  Answer judge_keys(const ClientRequest& request, const ReplyValue& actual);
  Answer judge_timeout(const ClientRequest& request, Now now);
  void watch(const ClientRequest& request);
  void end_transaction();
  Answer commit(ModelUnit unit) const;
  void expect(const ReplyValue& expected, const ReplyValue& actual, const Arguments& arguments) const;
  [[noreturn]] void wrong(const std::string& what, const Arguments& arguments) const;

  History& history_;
  std::uint64_t number_;
  std::int64_t now_us_ = 0;
  unsigned database_ = 0;
  bool transaction_ = false;
  bool refused_ = false;
  std::vector<Arguments> queue_;
  std::vector<Watch> watches_;
};

// May the command wait for keys?
bool waits_for_keys(const Arguments& arguments);
// The command, cut short.
std::string words_of(const Arguments& arguments);

}  // namespace terrace::simulation
