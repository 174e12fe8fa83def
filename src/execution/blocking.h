// Blocking: begins the wait of clients that wait for keys, serves them, and ends their waits.
//
// As in redis-server 7.0, a waiting client is served directly after the command that made its key ready: the handler of
// the blocked command runs again with that key as its only candidate. If a record must be read first, other commands
// run during the read, except those on keys whose clients have not been served yet. No client is served while a unit is
// open.
// Ownership: owned by the dispatcher; borrows the batches. leave() is called before a waiting session ends. Thread: the
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

  // The batch's command has called Context::block(): its client waits from now on.
  void block(CommandBatch& x);
  // Serves the clients whose keys are ready. Called after each unit.
  void serve();
  // Must this call of the batch wait until blocked clients have been served at its keys? For EXEC, the queued commands
  // count. A call that may change keys that it does not name waits until all clients have been served.
  bool comes_later(const CommandBatch& x, const Call& call) const;
  io::Event& served() { return served_; }

  // Ends a client's wait with the reply for a timeout, or with an error. False: the client does not wait.
  enum class Unblocking : std::uint8_t { kTimeout, kError };
  bool unblock(Session& session, Unblocking how);
  // The session ends: its wait, if it waits, ends without a reply.
  void leave(Session& session);
  // Resumes the batches whose wait has ended. Called at the end of each turn.
  void resume_unblocked();

  // How many batches a read is under way for.
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
  bool turn_made_ = false;                     // a timer ensures that there is a turn whose end resumes them
  const CommandBatch* reading_for_ = nullptr;  // of the client whose keys are being read; serving waits for that
  io::Event served_;
  std::int64_t next_look_us_ = io::kNever;  // when deadlines are checked next
  io::Gate tasks_;
};

}  // namespace terrace
