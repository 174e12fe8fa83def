// Blocking: clients that wait for keys: how their wait begins, how they are served, how else it ends.
//
// As in redis-server 7.0, a client that waits is served after the command that made the key ready and before any other:
// the blocked command's handler runs again with that key as its only candidate. Where something must be read for that
// first, other commands run meanwhile, but for those on keys whose clients have not been served. While a unit is open
// nobody is served.
// Ownership: owned by the dispatcher; borrows the batches, each of which is taken out before it goes. Thread: the
// reactor's.
#pragma once

#include <cstdint>
#include <vector>

#include "io/clock.h"
#include "io/sync.h"
#include "io/task.h"
#include "src/execution/blocked_clients.h"
#include "src/execution/command_runner.h"
#include "src/execution/open_unit.h"

namespace terrace {

class Blocking {
 public:
  Blocking(CommandRunner& runner, OpenUnit& open_unit, KeyEvents& events)
      : runner_(runner), open_unit_(open_unit), clock_(runner.parts().clock), blocked_(events) {}

  const BlockedClients& clients() const { return blocked_; }
  BlockedClients& clients() { return blocked_; }

  // The batch's command has asked to wait for keys.
  void block(CommandBatch& x);
  // Serves those whose keys have come; after each unit.
  void serve();
  // Must this call wait until the clients that come first at its keys have been served?
  bool comes_later(const std::vector<PlannedKey>& keys) const;
  io::Event& served() { return served_; }

  // Ends a client's wait with the reply that its time is over, or with an error. False: it does not wait.
  enum class Unblocking : std::uint8_t { kTimeout, kError };
  bool unblock(Session& session, Unblocking how);
  // Ends its wait, if it waits, without a reply: it goes.
  void leave(Session& session);
  // Lets the batches of those who wait no more run; at the end of each turn.
  void resume_unblocked();

  // Batches that are being read for.
  std::uint64_t reading() const { return reading_for_ != nullptr ? 1 : 0; }
  bool busy() const { return !tasks_.idle(); }

 private:
  bool serve(BlockedClient& client);
  bool is_there(const CommandBatch& x, const BlockedClient& client);
  io::Task<> serve_after_reading();
  template <typename Write>
  void end_wait(CommandBatch& x, const Write& write_reply);
  void release(CommandBatch& x);
  io::Task<> make_turn();
  void watch_deadlines();
  io::Task<> end_overdue(std::int64_t due_us);

  CommandRunner& runner_;
  OpenUnit& open_unit_;
  io::Clock& clock_;
  BlockedClients blocked_;
  std::vector<CommandBatch*> unblocked_;       // to be resumed
  bool turn_made_ = false;                     // a turn is sure to come in which they are
  const CommandBatch* reading_for_ = nullptr;  // a blocked client's, whose keys are being read: serving waits for that
  io::Event served_;
  std::int64_t next_look_us_ = BlockedClient::kNever;  // at deadlines
  io::Gate tasks_;
};

}  // namespace terrace
