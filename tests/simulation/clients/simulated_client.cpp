#include "tests/simulation/clients/simulated_client.h"

#include "src/text/integer.h"

namespace terrace::simulation {

namespace {

constexpr unsigned kAttempts = 5;  // at an optimistic transaction

std::int64_t number_in(const ReplyValue& reply) {
  return reply.is_null() || reply.kind == ReplyValue::Kind::kError ? 0 : parse_integer(reply.text).value_or(0);
}

}  // namespace

// --- its life

io::Task<> SimulatedClient::run() {
  while (site_.acts_left > 0) {
    --site_.acts_left;
    co_await pause();
    co_await connect();
    co_await act();
  }
  if (connection_ != nullptr) leave(false);
  ended_ = true;
}

io::Task<> SimulatedClient::connect() {
  if (connection_ != nullptr && !connection_->closed()) co_return;
  if (connection_ != nullptr) leave(false);
  connection_ = &site_.server.connect(true);
  if (random_.below(4) == 0) co_await ask(command("hello", "3"));
  if (random_.coin()) co_await ask(command("select", std::to_string(generator_.database())));
}

void SimulatedClient::leave(bool reset) {
  connection_->close(reset);
  connection_ = nullptr;
}

io::Task<> SimulatedClient::pause() {
  if (site_.profile.think_us > 0 && random_.below(4) != 0) {
    co_await wait_a_while(site_.profile.think_us);
  } else {
    co_await site_.server.clock().yield();
  }
}

io::Task<> SimulatedClient::wait_a_while(std::uint64_t longest_us) {
  co_await site_.server.clock().sleep_us(static_cast<std::int64_t>(1 + random_.below(longest_us)));
}

io::Task<bool> SimulatedClient::ask(const Arguments& request) {
  const std::vector<Arguments> requests = pipeline(request);
  co_return co_await ask(requests);
}

io::Task<bool> SimulatedClient::ask(const std::vector<Arguments>& requests) {
  if (connection_ == nullptr) co_return false;
  for (const Arguments& request : requests) connection_->send(request);
  replies_.clear();
  while (replies_.size() < requests.size()) {
    auto reply = co_await connection_->next_reply();
    if (!reply) co_return false;
    replies_.push_back(std::move(*reply));
  }
  co_return true;
}

io::Task<> SimulatedClient::act() {
  const std::uint64_t choice = random_.below(100);
  if (choice < 34) {
    co_await send_pipeline();
  } else if (choice < 52) {
    co_await run_transaction();
  } else if (choice < 62) {
    co_await increment();
  } else if (choice < 72) {
    co_await transfer();
  } else if (choice < 80) {
    co_await watch_and_wait();
  } else if (choice < 88) {
    co_await wait_for_keys();
  } else if (choice < 96) {
    co_await push();
  } else {
    co_await leave_in_the_middle();
  }
}

// --- plain commands

io::Task<> SimulatedClient::send_pipeline() {
  std::vector<Arguments> requests;
  for (std::uint64_t left = random_.between(1, site_.profile.commands_at_once); left > 0; --left) {
    requests.push_back(generator_.draw());
  }
  co_await ask(requests);
}

io::Task<> SimulatedClient::push() {
  co_await ask(generator_.draw_push());
}

io::Task<> SimulatedClient::wait_for_keys() {
  // Beside it another request or two, which have to wait with it.
  std::vector<Arguments> requests = pipeline(generator_.draw_waiting());
  while (random_.below(3) == 0) requests.push_back(generator_.draw());
  co_await ask(requests);
}

io::Task<> SimulatedClient::leave_in_the_middle() {
  std::vector<Arguments> requests = draw_transaction();
  if (random_.coin()) requests = pipeline(generator_.draw(), generator_.draw());
  if (random_.below(4) == 0) requests = pipeline(generator_.draw_waiting());
  for (const Arguments& request : requests) {
    connection_->send(request);
    if (random_.below(8) == 0) co_await wait_a_while(500);
    if (connection_ == nullptr) co_return;
  }
  if (random_.coin()) co_await wait_a_while(2000);
  leave(random_.coin());
}

// --- transactions

std::vector<Arguments> SimulatedClient::draw_transaction() {
  std::vector<Arguments> requests{{"multi"}};
  for (std::uint64_t left = random_.below(site_.profile.commands_at_once + 1); left > 0; --left) {
    requests.push_back(random_.below(16) == 0 ? generator_.draw_waiting() : generator_.draw());
  }
  // Reads the names of cold keys, so that the unit is suspended between changes.
  if (random_.below(4) == 0) {
    const auto place = static_cast<std::ptrdiff_t>(random_.between(1, requests.size()));
    requests.insert(requests.begin() + place, command("keys", "*"));
  }
  if (random_.below(16) == 0) requests.push_back({"get"});
  requests.push_back({random_.below(16) == 0 ? "discard" : "exec"});
  return requests;
}

io::Task<> SimulatedClient::run_transaction() {
  const std::vector<Arguments> requests = draw_transaction();
  if (random_.coin()) {
    co_await ask(requests);
    co_return;
  }
  for (const Arguments& request : requests) {
    const bool answered = co_await ask(request);
    if (!answered) co_return;
    if (random_.below(8) == 0) co_await pause();
  }
}

// Reads, adds one and writes, as long as somebody else has come between.
io::Task<> SimulatedClient::increment() {
  const std::string name = generator_.counter();
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    const bool read = co_await ask(pipeline(command("watch", name), command("get", name)));
    if (!read || replies_.back().kind == ReplyValue::Kind::kError) break;
    const std::string more = std::to_string(number_in(replies_.back()) + 1);
    if (random_.coin()) co_await pause();
    std::vector<Arguments> write = pipeline(command("multi"), command("set", name, more), command("exec"));
    // Cold keys, so that something is read before the unit is opened, and inside.
    while (random_.coin()) write.insert(write.begin() + 1, command("exists", generator_.any_key()));
    const bool written = co_await ask(write);
    if (!written || !replies_.back().is_null()) co_return;
  }
  co_await ask(command("unwatch"));
}

io::Task<> SimulatedClient::transfer() {
  const std::string from = generator_.account();
  const std::string to = generator_.account();
  co_await ask(command("select", std::to_string(site_.profile.bank())));
  for (unsigned attempt = 0; attempt < kAttempts && from != to; ++attempt) {
    const bool read = co_await ask(pipeline(command("watch", from, to), command("mget", from, to)));
    if (!read) co_return;
    const std::vector<ReplyValue> balances = replies_.back().elements;
    if (balances.size() != 2) break;
    if (balances[0].is_null() || balances[1].is_null()) {
      co_await found_bank();
      break;
    }
    const auto amount = static_cast<std::int64_t>(random_.below(20));
    const std::string less = std::to_string(number_in(balances[0]) - amount);
    const std::string more = std::to_string(number_in(balances[1]) + amount);
    const bool written =
        co_await ask(pipeline(command("multi"), command("set", from, less), command("set", to, more), command("exec")));
    if (!written) co_return;
    if (!replies_.back().is_null()) break;
  }
  co_await ask(pipeline(command("unwatch"), command("select", std::to_string(generator_.database()))));
}

// All accounts, unless somebody else does it first.
io::Task<> SimulatedClient::found_bank() {
  Arguments watch = command("watch");
  Arguments set = command("mset");
  for (std::uint64_t i = 0; i < site_.profile.accounts; ++i) {
    const std::string name = "a" + std::to_string(i);
    watch.push_back(name);
    set.push_back(name);
    set.push_back(std::to_string(ServerProfile::kOpeningBalance));
  }
  Arguments get = watch;
  get[0] = "mget";
  const bool read = co_await ask(pipeline(watch, get));
  if (!read) co_return;
  for (const ReplyValue& balance : replies_.back().elements) {
    if (!balance.is_null()) co_return;
  }
  co_await ask(pipeline(command("multi"), set, command("exec")));
}

// Long enough for a key to expire or to go to disk.
io::Task<> SimulatedClient::watch_and_wait() {
  const std::string name = generator_.any_key();
  std::vector<Arguments> requests;
  if (random_.coin()) requests.push_back(command("pexpire", name, std::to_string(random_.between(1, 40))));
  requests.push_back(command("watch", name, generator_.any_key()));
  const bool watched = co_await ask(requests);
  if (!watched) co_return;
  co_await wait_a_while(random_.coin() ? 60'000 : 2'000);
  co_await ask(draw_transaction());
}

}  // namespace terrace::simulation
