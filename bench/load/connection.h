// Connection: one client: a coroutine that sends, one that receives, and the requests in flight between them.
// Ownership: owns its socket, borrows the Run. Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/load/reply_scanner.h"
#include "bench/load/workload.h"
#include "io/stream.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::load {

class Run;

class Connection {
 public:
  // Takes the connected socket. `index`: which of the run's connections it is.
  Connection(Run& run, int fd, unsigned index);

  // To the last reply, or until something breaks, which the Run is told.
  io::Task<> run();

 private:
  struct InFlight {
    Request request;
    std::uint64_t start_ns = 0;
  };

  io::Task<> send_batches();
  io::Task<> send_scheduled();
  io::Task<> send_all();
  io::Task<> receive_replies();
  void issue(std::uint64_t start_ns);
  bool take_replies(std::span<const std::byte> data);
  bool done() const { return all_sent_ && in_flight_count_ == 0; }
  bool has_room() const { return in_flight_count_ < in_flight_.size(); }
  void fail(const std::string& why);

  Run& run_;
  io::Stream stream_;
  unsigned index_;
  bool all_sent_ = false;
  std::string output_;
  ReplyScanner scanner_;
  std::vector<InFlight> in_flight_;  // a ring
  std::size_t oldest_ = 0;
  std::size_t in_flight_count_ = 0;
  io::Event replied_;
  io::Gate sending_;
};

}  // namespace terrace::load
