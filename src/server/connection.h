// Connection: one client's socket, from its acceptance to its end: receives, has the batch of complete commands run,
// sends what the gate lets go.
// Ownership: owned by Clients; goes when run() has ended. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "io/stream.h"
#include "io/sync.h"
#include "io/task.h"
#include "src/config/settings.h"
#include "src/execution/client.h"
#include "src/execution/execution.h"
#include "src/execution/output_buffer.h"
#include "src/execution/services.h"
#include "src/resp/request_parser.h"

namespace terrace {

class ReplyGate;

class Connection final : private io::PeerWatcher {
 public:
  Connection(io::Reactor& reactor, int fd, Services& services, const Settings& settings, ReplyGate& gate);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The connection's whole life; it may be destroyed when this is done.
  io::Task<> run();

  // Sends what may be sent now; called at the end of a turn in which this was marked.
  void flush(std::uint64_t released);
  // Ends it without sending more.
  void abort();
  // Ends it when what it was answered is sent.
  void finish();

  Client& client() { return client_; }
  const Client& client() const { return client_; }
  OutputBuffer& output() { return output_; }
  // Bytes of replies that the kernel has not taken yet.
  std::size_t unsent_bytes() const { return output_.size() + (sending_ ? in_flight_.size() : 0); }
  std::size_t query_bytes() const { return parser_.pending_bytes() + stream_.queued_bytes(); }
  std::size_t query_buffer_bytes() const { return parser_.buffer_bytes(); }
  std::size_t output_buffer_bytes() const { return output_.capacity() + in_flight_.capacity(); }
  bool gone() const { return broken_ || client_.closing; }

  bool marked = false;  // stands in the gate's list of those to flush
  bool gated = false;   // stands in its list of those who wait for the log

 private:
  void at_peer_gone() override;
  io::Task<> receive_commands();
  io::Task<> wait(Execution& execution);
  io::Task<> send_replies();
  io::Task<> wait_until_sent();
  io::Task<> drain();
  void answer_protocol_error(RequestParser::Status status);
  RequestParser::Limits limits() const;
  bool over_limit();

  Services& services_;
  const Settings& settings_;
  ReplyGate& gate_;
  Client client_;
  io::Stream stream_;
  RequestParser parser_;
  OutputBuffer output_;
  std::string in_flight_;  // what the kernel is taking
  bool sending_ = false;
  bool broken_ = false;  // nothing can be sent any more
  bool ended_ = false;   // the sender shall end
  std::int64_t over_soft_limit_since_ms_ = 0;
  io::Event to_send_;
  io::Event sent_;
  io::Gate tasks_;
};

}  // namespace terrace
