// SimulatedClient: somebody who uses the server: in each of its acts it sends requests, alone, in pipelines or in
// transactions, computes with the replies, waits for keys, or leaves in the middle and connects again.
// Ownership: borrows all; its connection belongs to the server. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <vector>

#include "io/task.h"
#include "tests/simulation/clients/request_generator.h"
#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

class SimulatedClient {
 public:
  struct Site {
    SimulatedServer& server;
    const ServerProfile& profile;
    Random& random;
    std::uint64_t& acts_left;  // of all clients
  };

  explicit SimulatedClient(const Site& site)
      : site_(site), random_(site.random), generator_(site.profile, site.random) {}

  // Until no act is left.
  io::Task<> run();
  bool ended() const { return ended_; }
  bool waits_for_keys() const { return connection_ != nullptr && connection_->waits_for_keys(); }

 private:
  io::Task<> act();
  io::Task<> connect();
  void leave(bool reset);
  io::Task<> pause();
  io::Task<> wait_a_while(std::uint64_t longest_us);
  // Sends them together and waits for the answers, which come into replies_. False: the connection has ended.
  io::Task<bool> ask(const std::vector<Arguments>& requests);
  io::Task<bool> ask(const Arguments& request);

  io::Task<> send_pipeline();
  io::Task<> run_transaction();
  io::Task<> increment();
  io::Task<> transfer();
  io::Task<> found_bank();
  io::Task<> watch_and_wait();
  io::Task<> wait_for_keys();
  io::Task<> push();
  io::Task<> leave_in_the_middle();
  std::vector<Arguments> draw_transaction();

  Site site_;
  Random& random_;
  RequestGenerator generator_;
  SimulatedConnection* connection_ = nullptr;
  std::vector<ReplyValue> replies_;
  bool ended_ = false;
};

}  // namespace terrace::simulation
