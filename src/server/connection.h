// Connection: one client's socket, from its acceptance to its end: receives bytes, runs complete commands in batches,
// and sends replies that the reply gate has released.
// Ownership: owned by Clients, destroyed after run() has ended. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>

#include "io/stream.h"
#include "io/sync.h"
#include "io/task.h"
#include "src/acl/acl.h"
#include "src/config/settings.h"
#include "src/execution/channel.h"
#include "src/execution/dispatcher.h"
#include "src/execution/inbox.h"
#include "src/execution/reply_gate.h"
#include "src/resp/request_parser.h"
#include "src/runtime/logger.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "src/server/cross_client_prefetch.h"

namespace terrace {

class Connection final : public Channel, private io::StreamWatcher {
 public:
  // The parts of the server that all connections use.
  struct Parts {
    io::Reactor& reactor;
    Store& store;
    const acl::Acl& acl;
    Dispatcher& dispatcher;
    CrossClientPrefetch& prefetch;
    ReplyGate& gate;
    const Settings& settings;
    ServerStatistics& statistics;
    Logger& logger;
  };
  Connection(const Parts& parts, int fd);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs until the connection has ended; it may be destroyed then.
  io::Task<> run();

  void flush(std::uint64_t released) override;
  void abort() override;
  // Ends the connection if it has been over a limit of client-output-buffer-limit for too long.
  void check_output_limit();
  // Ends the connection when all its replies are sent.
  void finish();

  Session& session() { return session_; }
  const Session& session() const { return session_; }
  // Bytes of replies that the kernel has not accepted yet.
  std::size_t unsent_bytes() const { return output().size() + (sending_ ? in_flight_.size() : 0); }
  // Received and not run yet, or being run.
  std::size_t query_bytes() const { return parser_.pending_bytes() + stream_.queued_bytes() + running_bytes_; }
  // Of the command that runs or waits, and of one that is not complete yet.
  std::size_t argument_bytes() const;
  std::size_t query_buffer_bytes() const { return parser_.buffer_bytes(); }
  std::size_t free_query_buffer_bytes() const { return parser_.buffer_bytes() - parser_.pending_bytes(); }
  std::size_t output_buffer_bytes() const { return output().capacity() + in_flight_.capacity(); }
  // How long the peer has neither taken a reply nor sent the rest of a command, as far as earlier calls of this function
  // know.
  std::int64_t stalled_ms(std::int64_t now_ms);
  // It is read from, and has sent a part of a request.
  bool is_half_sent() const { return receiving_ && query_bytes() > 0; }
  // All that the ledger is charged for this client.
  std::uint64_t memory_bytes() const;
  // What of it only the client's end frees, or what it may never send: EXEC, UNWATCH, UNSUBSCRIBE.
  std::uint64_t kept_bytes() const {
    return session_.transaction.memory_bytes() + session_.watched_charge.bytes() +
           session_.subscriptions_charge.bytes();
  }
  bool gone() const { return broken_ || session_.closing; }
  // Memory has become short.
  void spare() {
    if (!parser_.grown()) stream_.spare();
  }

 private:
  void at_peer_gone() override;
  void at_queue_resized(std::size_t bytes) override { queue_charge_.resize(bytes); }
  io::Task<> receive_commands();
  io::Task<> wait(CommandBatch& batch);
  io::Task<> send_replies();
  void free_buffers();
  io::Task<> wait_until_sent();
  io::Task<> drain();
  io::Task<> take_memory();
  io::Task<> refuse_request(std::uint64_t bytes);
  io::Stream::Pace pace() const;
  void answer_parser_error(RequestParser::Status status);
  bool queues_too_much(std::size_t more) const;
  RequestParser::Limits limits() const;
  bool over_limit();
  bool tell_over_limit();  // true

  const Parts& parts_;
  Session session_;
  Inbox inbox_;
  io::Stream stream_;
  RequestParser parser_;
  storage::LedgerCharge charge_;        // for the connection itself
  storage::LedgerCharge queue_charge_;  // for received bytes that the stream has queued
  std::string in_flight_;               // bytes that are being sent
  storage::LedgerCharge in_flight_charge_;
  const CommandBatch* running_ = nullptr;
  std::size_t running_bytes_ = 0;  // that the running batch came in
  bool sending_ = false;
  bool receiving_ = false;
  bool broken_ = false;  // sending has failed
  bool ended_ = false;   // the sender must end
  std::int64_t over_soft_limit_since_ms_ = 0;
  std::uint64_t moved_bytes_ = 0;  // when stalled_ms() was last called
  std::int64_t moved_ms_ = 0;
  io::Event to_send_;
  io::Event sent_;
  io::Gate tasks_;
};

}  // namespace terrace
