// SimulatedConnection: a client's connection to the simulated server: what server/connection.h does with a socket, over
// two byte streams that the network cuts where it likes and delays as it likes.
// The server's side: run() receives, has the batches run, and lets the gate flush. The client's side: send(), next_reply(), close().
// Ownership: owned by the simulated server; goes when both sides have ended. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "io/sync.h"
#include "io/task.h"
#include "src/execution/channel.h"
#include "src/execution/dispatcher.h"
#include "src/execution/reply_gate.h"
#include "src/resp/request_parser.h"
#include "tests/simulation/clients/client_stream.h"
#include "tests/simulation/clients/witness.h"

namespace terrace::simulation {

class SimulatedConnection final : public Channel {
 public:
  struct Parts {
    World& world;
    SimulatedClock& clock;
    Store& store;
    Dispatcher& dispatcher;
    ReplyGate& gate;
    Witness& witness;
    History& history;
    std::int64_t longest_send_us;
  };

  SimulatedConnection(const Parts& parts, std::uint64_t number);
  ~SimulatedConnection() override;
  SimulatedConnection(const SimulatedConnection&) = delete;
  SimulatedConnection& operator=(const SimulatedConnection&) = delete;

  // --- the server's side
  io::Task<> run();
  void flush(std::uint64_t released) override;
  void abort() override;
  bool ended() const { return ended_; }
  // Both sides have ended.
  bool forgotten() const { return ended_ && peer_gone_; }

  // --- the client's side
  void send(const Arguments& arguments);
  // Nothing: the connection has ended.
  io::Task<std::optional<ReplyValue>> next_reply();
  // `reset`: what was sent and not received, and replies under way, are lost.
  void close(bool reset);
  bool closed() const { return peer_gone_ || ended_; }
  bool waits_for_keys() const { return session_.blocked != nullptr; }
  // Its replies are not judged: a look at what was recovered.
  void set_judged(bool judged) { stream_.judged = judged; }

 private:
  bool gone() const { return broken_ || session_.closing; }
  io::Task<> receive_commands();
  io::Task<> run_batch(std::string& chunk);
  io::Task<> wait(CommandBatch& batch);
  io::Task<> wait_until_sent();
  io::Task<> send_replies();
  void break_off();
  std::string take_received();

  const Parts& parts_;
  Session session_;
  ClientStream stream_;
  RequestParser parser_;
  std::string received_;            // by the server's machine, not yet by the server
  std::string in_flight_;           // replies that the network takes
  std::vector<ReplyValue> flying_;  // what they say
  std::deque<ReplyValue> delivered_;
  bool sending_ = false;
  bool broken_ = false;  // nothing can be sent any more
  bool peer_gone_ = false;
  bool receiving_ended_ = false;
  bool ended_ = false;
  io::Event to_receive_;
  io::Event to_send_;
  io::Event sent_;
  io::Event arrived_;  // at the client
  io::Gate tasks_;
};

}  // namespace terrace::simulation
