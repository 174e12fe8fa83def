// Run: connections that issue a workload's requests and time the replies.
// Closed loop: each connection sends a batch of `pipeline` requests, waits for all replies, sends the next.
// Open loop (`rate`): requests fall due on a schedule whatever the server does, and a latency counts from when its
// request was due, though it was sent later because the server kept the connection waiting: stalls are not left out.
// Ownership: borrows the reactor and the workload. Thread: the reactor's.
#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/reply_scanner.h"
#include "bench/load/report.h"
#include "bench/load/workload.h"
#include "io/reactor.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::load {

struct RunOptions {
  std::uint16_t port = 6379;
  unsigned connections = 50;
  unsigned pipeline = 1;       // requests in flight on a connection, at most
  std::uint64_t requests = 0;  // 0: as many as `seconds` allow
  double seconds = 0;          // 0: as long as `requests` take
  double rate = 0;             // a second, over all connections; 0: as fast as replies come
  bool verify = false;         // GET must give what SET of the same key would have written
  bool progress = false;       // tell it on stderr
};

class Connection;

class Run final : private io::TurnHook {
 public:
  Run(io::Reactor& reactor, Workload& workload, const RunOptions& options);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Connects and runs to the end. An error: nothing could be started.
  Result<Report> go();
  // Issue nothing more; what is in flight counts. For signal handlers.
  static void end_early() { ending_ = 1; }

  // For the connections.

  static std::uint64_t now_ns();
  io::Reactor& reactor() { return reactor_; }
  Workload& workload() { return workload_; }
  const RunOptions& options() const { return options_; }
  std::uint64_t start_ns() const { return start_ns_; }
  // How many of up to `wanted` requests may be issued now; 0: no more at all.
  std::uint64_t take(std::uint64_t wanted, std::uint64_t now);
  // Of a schedule: its whole length.
  std::uint64_t scheduled() const { return failed() || ending_ != 0 ? 0 : scheduled_; }
  void record(const Request& request, const Reply& reply, std::uint64_t latency_ns, std::uint64_t now);
  void fail(const std::string& why);
  bool failed() const { return !report_.failure.empty(); }

 private:
  io::Task<> run_all();
  io::Task<> run_one(Connection& connection);
  Result<void> connect();
  void at_turn_end() override;

  static volatile std::sig_atomic_t ending_;

  io::Reactor& reactor_;
  Workload& workload_;
  RunOptions options_;
  std::vector<std::unique_ptr<Connection>> connections_;
  io::Gate running_;
  Report report_;
  std::uint64_t start_ns_ = 0;
  std::uint64_t end_ns_ = 0;  // issue nothing after
  std::uint64_t last_reply_ns_ = 0;
  std::uint64_t issued_ = 0;
  std::uint64_t replies_ = 0;
  std::uint64_t limit_ = 0;
  std::uint64_t scheduled_ = 0;
  std::int64_t next_progress_us_ = 0;
};

}  // namespace terrace::load
