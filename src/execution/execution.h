// Execution: one batch of commands of one client on its way through the dispatcher, and why it waits if it does.
// Kept in a pool: a batch costs no allocation, and what runs next finds these bytes in the processor's cache.
// Ownership: owned by ExecutionPool, lent to a connection for one batch. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/sync.h"
#include "src/execution/client.h"
#include "src/execution/output_buffer.h"
#include "src/execution/run_state.h"
#include "src/resp/request.h"

namespace terrace {

struct CommandEntry;

struct Execution {
  enum class Wait : std::uint8_t {
    kNothing,
    kFetch,    // for state.missing
    kRoom,     // for memory
    kPause,    // for the end of CLIENT PAUSE
    kAsync,    // for the handler, which suspends
    kSent,     // for replies to leave, while memory is short
    kTurn,     // for the others' turn
    kKeys,     // blocked: for keys to come, in BlockedClients
    kImage,    // for a large value that is to be changed to be copied, as it is, for a checkpoint
    kServing,  // for blocked clients to be served, whose turn it is at the command's keys
  };
  // Bytes of replies that may stand in memory while it is short.
  static constexpr std::size_t kMaxUnsentWhenShort = 64 << 10;
  // So long a batch may run before the other connections have their turn.
  static constexpr std::uint64_t kMaxTurnNs = 1'000'000;
  static constexpr std::size_t kNone = ~std::size_t{0};

  Client* client = nullptr;
  OutputBuffer* output = nullptr;
  RequestBatch batch;
  RunState state;
  std::size_t next = 0;             // the request to run
  std::size_t prefetched = 0;       // requests before this one have been prefetched
  std::size_t fetched_for = kNone;  // the last request that something was read for
  std::int64_t now_ms = 0;
  bool replaying = false;
  bool quiet = false;  // the server's own work: not counted, replies to nobody

  Wait wait = Wait::kNothing;
  CommandEntry* entry = nullptr;  // of the request that waits
  bool looked_ahead = false;      // state.missing also names what later requests need
  bool look_ahead = true;         // false: after an error, to tell whose page is bad
  bool rerun = false;             // the handler has run and asked for more
  std::string fetch_error;        // answer for the request that waits
  io::Event unblocked;
  std::vector<std::string> rewritten;  // arguments of the blocked request, where they are not those that came

  void begin(Client& session, OutputBuffer& out, std::int64_t time_ms) {
    client = &session;
    output = &out;
    now_ms = time_ms;
    next = 0;
    prefetched = 0;
    fetched_for = kNone;
    look_ahead = true;
    rerun = false;
    wait = Wait::kNothing;
    // What a batch whose client went away left behind.
    looked_ahead = false;
    quiet = false;
    replaying = false;
    fetch_error.clear();
    state.missing.clear();
  }

  // Copies what the batch borrows from `bytes`, so that they can be given back while it waits.
  void own(std::string_view bytes) {
    held_ = bytes;
    auto move = [&](std::string_view& view) {
      if (view.data() < bytes.data() || view.data() > bytes.data() + bytes.size()) return;
      view = {held_.data() + (view.data() - bytes.data()), view.size()};
    };
    for (std::string_view& argument : batch.arguments) move(argument);
    for (Request& request : batch.requests) move(request.raw);
    for (storage::Key& key : state.keys) move(key.name);
  }
  // Bytes and arguments that would be kept for the next batch.
  std::size_t kept_bytes() const {
    return held_.capacity() + batch.arguments.capacity() * sizeof(std::string_view) +
           batch.requests.capacity() * sizeof(Request) + state.keys.capacity() * sizeof(storage::Key);
  }

 private:
  std::string held_;
};

class ExecutionPool {
 public:
  std::unique_ptr<Execution> take() {
    if (idle_.empty()) return std::make_unique<Execution>();
    auto execution = std::move(idle_.back());
    idle_.pop_back();
    return execution;
  }
  void give_back(std::unique_ptr<Execution> execution) {
    execution->batch.clear();
    execution->state.end_batch();
    if (execution->kept_bytes() <= kMaxKeptBytes && idle_.size() < kMaxIdle) idle_.push_back(std::move(execution));
  }

 private:
  static constexpr std::size_t kMaxKeptBytes = 32 << 10;
  static constexpr std::size_t kMaxIdle = 1024;  // those of many connections that wait for the disk at once

  std::vector<std::unique_ptr<Execution>> idle_;
};

}  // namespace terrace
