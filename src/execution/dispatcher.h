// Dispatcher: runs commands: looks them up, refuses what may not run, has their keys made resident, calls the handler,
// writes its effects to the log and gates its reply on what the reply depends on.
//
// run() never suspends and, when all keys are resident, allocates nothing: it works through a batch until something
// must be waited for. Then the caller awaits wait() and calls run() again. After each command those are served who
// waited for what it did (dispatcher_blocked.cpp).
// Ownership: borrows the parts it uses. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "io/sync.h"
#include "io/task.h"
#include "src/config/settings.h"
#include "src/execution/blocked_clients.h"
#include "src/execution/command_table.h"
#include "src/execution/cross_client_prefetch.h"
#include "src/execution/effect_log.h"
#include "src/execution/execution.h"
#include "src/execution/pause.h"
#include "src/execution/services.h"

namespace terrace {

class Context;
class Reply;

class Dispatcher {
 public:
  explicit Dispatcher(Services& services, const Settings& settings);

  // True: the batch is done, or its client wants no more of it. False: await wait(), call run() again.
  bool run(Execution& execution);
  io::Task<> wait(Execution& execution);

  CrossClientPrefetch& prefetch() { return cross_client_prefetch_; }
  ExecutionPool& pool() { return pool_; }
  Pause& pause() { return pause_; }
  // Batches that wait for something; a reload of the store needs them gone.
  std::uint64_t waiting() const { return waiting_; }
  std::uint64_t turn() const { return turn_; }

  BlockedClients& blocked() { return blocked_; }
  // Ends a client's wait with the reply that its time is over, or with an error. False: it does not wait.
  enum class Unblocking : std::uint8_t { kTimeout, kError };
  bool unblock(Client& client, Unblocking how);
  // Ends its wait, if it waits, without a reply: it goes.
  void leave(Client& client);
  // Lets the batches of those who wait no more go on; at the end of each turn.
  void resume_unblocked();
  // Something runs on the dispatcher's own account.
  bool busy() const { return !tasks_.idle() || pause_.busy(); }

  void end_turn() {
    ++turn_;
    log_.end_turn();
  }
  // The log of another life of the engine begins.
  void forget_positions();

 private:
  enum class Verdict : std::uint8_t { kRun, kAnswered, kWait };

  void prefetch(Execution& execution);
  bool run_next(Execution& execution);
  Verdict admit(Execution& execution, std::span<const std::string_view> arguments);
  Verdict admit_write(Execution& execution);
  bool make_resident(Execution& execution, std::span<const std::string_view> arguments);
  bool changeable(const Execution& execution);
  void collect_keys(const CommandEntry& entry, std::span<const std::string_view> arguments,
                    std::vector<storage::Key>& keys);
  bool all_ready(Execution& execution, std::span<const std::string_view> arguments);
  void look_ahead(Execution& execution);
  enum class Outcome : std::uint8_t { kReplied, kMissing, kBlocks };
  bool run_handler(Execution& execution, std::span<const std::string_view> arguments);
  Outcome call_handler(Execution& execution, std::span<const std::string_view> arguments);
  void log_expirations(Execution& execution);
  void finish(Execution& execution, std::size_t reply_start);
  std::uint64_t write_effects(Execution& execution);
  std::uint64_t read_dependency(const Execution& execution) const;
  void count(Execution& execution, std::size_t reply_start, std::uint64_t duration_ns);
  void note_slow(Execution& execution, std::uint64_t duration_ns);
  void reject(Execution& execution, std::string_view error);
  void reject_unknown(Execution& execution, std::span<const std::string_view> arguments);
  void withhold_reply(Execution& execution, std::size_t reply_start);
  void count_error(std::string_view reply);

  void block(Execution& execution);
  void serve_blocked();
  bool serve(BlockedClient& client);
  bool is_there(const Execution& execution, const BlockedClient& client);
  io::Task<> serve_after_reading();
  bool must_wait_its_turn(const Execution& execution) const;
  template <typename Write>
  void end_wait(Execution& execution, const Write& write_reply);
  void release(Execution& execution);
  io::Task<> make_turn();
  void watch_deadlines();
  io::Task<> end_overdue(std::int64_t due_us);

  io::Task<> wait_for_fetch(Execution& execution);
  io::Task<> wait_for_async(Execution& execution);

  Services& services_;
  const Settings& settings_;
  EffectLog log_;
  ExecutionPool pool_;
  CrossClientPrefetch cross_client_prefetch_;
  Pause pause_;
  BlockedClients blocked_;
  std::vector<Execution*> unblocked_;    // to be resumed
  std::int64_t resumed_at_us_ = 0;       // the turn that has done so last
  const Execution* read_for_ = nullptr;  // a blocked client's, whose keys are being read: serving goes on then
  io::Event served_;
  std::int64_t next_look_us_ = BlockedClient::kNever;  // at deadlines
  io::Gate tasks_;
  std::vector<KeyPosition> positions_;
  std::vector<storage::Key> ahead_keys_;
  std::string scratch_;
  // Behind the last effect that changed keys without naming them (FLUSHALL): every later read depends on it.
  std::uint64_t keyspace_position_ = 0;
  std::uint64_t turn_ = 0;
  std::uint64_t waiting_ = 0;
  std::uint64_t random_state_;
  std::uint64_t last_ns_ = 0;  // when the last command of this batch ended
};

}  // namespace terrace
