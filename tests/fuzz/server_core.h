// ServerCore: what runs commands, without sockets: the server's parts over a simulated disk and clock, and speakers whose
// bytes are tried. Deterministic: the same input runs the same way.
// Ownership: owns the parts and the speakers. Thread: one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "src/acl/acl.h"
#include "src/commands/families.h"
#include "src/execution/call_accounting.h"
#include "src/execution/channel.h"
#include "src/execution/inbox.h"
#include "src/execution/reply_gate.h"
#include "src/pubsub/messenger.h"
#include "src/resp/request_parser.h"
#include "src/runtime/command_log.h"
#include "src/runtime/lifecycle.h"
#include "src/scripting/scripting.h"
#include "tests/simulation/clients/reply_value.h"
#include "tests/simulation/clients/server_clock.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/simulated_workers.h"

namespace terrace::fuzz {

class ServerCore {
 public:
  static constexpr std::size_t kSpeakers = 3;

  ServerCore();
  ~ServerCore();
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;

  // A client sends these bytes. Returns when all clients are answered, wait for keys, or are cut short: a script is ended
  // that has run for some turns.
  void hear(std::size_t speaker, std::string_view bytes);
  // All that a client was told since the last call, which is a sequence of whole replies.
  std::string take_told(std::size_t speaker);
  bool ended(std::size_t speaker) const { return speakers_[speaker]->ended(); }
  // Lets the store's background loops work.
  void rest(unsigned steps);

 private:
  // A connection without a socket.
  class Speaker final : public Channel {
   public:
    Speaker(ServerCore& core, std::uint64_t number);
    ~Speaker() override;

    void hear(std::string_view bytes);
    bool waits() const { return (running_ && session_.blocked == nullptr) || output().size() > 0; }
    bool ended() const { return session_.closing || session_.ends(); }
    bool running() const { return running_; }
    void flush(std::uint64_t released) override;
    void abort() override;
    std::string told;

   private:
    io::Task<> run(std::string bytes);

    ServerCore& core_;
    Session session_;
    Inbox inbox_;
    RequestParser parser_;
    std::string waiting_;  // heard while the batch before it runs
    bool running_ = false;
  };

  static Settings make_settings();
  static storage::Options make_options(const Settings& settings);
  void add_commands();
  bool step();
  template <typename Done>
  void run_until(const Done& done);
  io::Task<> finish(io::Task<Result<void>> task, bool& done);

  simulation::World world_{1};
  simulation::ServerClock clock_{world_};
  simulation::Media media_{1ull << 40};
  simulation::SimulatedWorkers workers_{world_};
  Settings settings_ = make_settings();
  Logger logger_;
  CommandLogs command_logs_;
  LatencyMonitor latency_;
  Lifecycle lifecycle_;
  ServerStatistics statistics_;
  CommandTable commands_;
  Store store_;
  KeyEvents key_events_;
  Messenger messenger_;
  CallAccounting accounting_;
  AccessTimes access_times_;
  Dispatcher dispatcher_;
  ReplyGate gate_;
  LogReplay replay_;
  Scripting scripting_;
  acl::Acl acl_;
  KeyParts key_parts_;
  ConnectionParts connection_parts_;
  ServerParts server_parts_;
  TransactionParts transaction_parts_;
  ScriptingParts scripting_parts_;
  PubSubParts pubsub_parts_;
  std::array<std::unique_ptr<Speaker>, kSpeakers> speakers_;
};

}  // namespace terrace::fuzz
