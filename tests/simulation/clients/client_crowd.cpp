#include "tests/simulation/clients/client_crowd.h"

#include <algorithm>

namespace terrace::simulation {

ClientCrowd::ClientCrowd(SimulatedServer& server, const ServerProfile& profile, std::uint64_t seed, std::uint64_t acts)
    : clock_(server.clock()), random_(seed), acts_left_(acts), operator_(server, profile, random_) {
  for (unsigned i = 0; i < profile.clients; ++i) {
    clients_.push_back(std::make_unique<SimulatedClient>(SimulatedClient::Site{server, profile, random_, acts_left_}));
  }
}

io::Task<> ClientCrowd::keep(io::Task<> task) {
  const io::Gate::Holder holder = tasks_.hold();
  co_await task;
}

void ClientCrowd::start() {
  for (const auto& client : clients_) io::spawn(keep(client->run()));
  io::spawn(keep(operator_.run()));
}

bool ClientCrowd::over() {
  constexpr std::int64_t kLongestWaitUs = 2'000'000;
  const bool idle = std::all_of(clients_.begin(), clients_.end(),
                                [](const auto& client) { return client->ended() || client->waits_for_keys(); });
  const std::int64_t now_us = clock_.monotonic_us();
  if (!idle || idle_since_us_ < 0) idle_since_us_ = idle ? now_us : -1;
  return idle && now_us - idle_since_us_ > kLongestWaitUs;
}

void ClientCrowd::stop() {
  acts_left_ = 0;
  operator_.stop();
}

}  // namespace terrace::simulation
