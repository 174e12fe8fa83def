#include "src/execution/blocked_clients.h"

#include <algorithm>

namespace terrace {

BlockedClient& BlockedClients::add(CommandBatch& batch, unsigned database, const KeyWait& wait, std::int64_t now_us) {
  auto made = std::make_unique<BlockedClient>(BlockedClient{.batch = &batch,
                                                            .arrival = ++arrivals_,
                                                            .type = wait.type,
                                                            .when_gone = wait.when_gone,
                                                            .end_us = io::deadline_us(now_us, wait.timeout_ms),
                                                            .deadline_us = io::kNever,
                                                            .database = database,
                                                            .keys = {}});
  BlockedClient& client = *made;
  clients_.emplace(&client, std::move(made));
  Queues& queues = queues_[database];
  for (const std::string_view key : wait.keys) {
    auto found = queues.find(key);
    if (found == queues.end()) found = queues.emplace(key, Queue()).first;
    if (!found->second.clients.emplace(client.arrival, &client).second) continue;
    found->second.when_gone += client.when_gone;
    client.keys.emplace_back(key);
  }
  ++by_type_[index_of(client.type)];
  events_.begin_interest();
  when_gone_ += client.when_gone;
  plan_look(client, wait, now_us);
  return client;
}

void BlockedClients::remove(BlockedClient& client) {
  auto queues = queues_.find(client.database);
  for (const std::string& key : client.keys) {
    auto found = queues->second.find(key);
    found->second.clients.erase(client.arrival);
    found->second.when_gone -= client.when_gone;
    if (found->second.clients.empty()) queues->second.erase(found);
  }
  if (queues->second.empty()) queues_.erase(queues);
  --by_type_[index_of(client.type)];
  events_.end_interest();
  when_gone_ -= client.when_gone;
  deadlines_.erase({client.deadline_us, &client});
  clients_.erase(&client);
}

std::size_t BlockedClients::keys() const {
  std::size_t count = 0;
  for (const auto& [database, queues] : queues_) count += queues.size();
  return count;
}

std::size_t BlockedClients::keys_when_gone() const {
  std::size_t count = 0;
  for (const auto& [database, queues] : queues_) {
    for (const auto& [key, queue] : queues) count += queue.when_gone > 0;
  }
  return count;
}

void BlockedClients::make_ready(unsigned database, const std::string& key, Queue& queue) {
  if (queue.ready) return;
  queue.ready = true;
  ready_.push_back({database, key});
}

void BlockedClients::at_key_change(const KeyChange& change) {
  switch (change.event) {
    case KeyEvent::kStored:
    case KeyEvent::kExtended:
      if (by_type_[index_of(change.type)] > 0) key_ready(change.database, change.name);
      return;
    case KeyEvent::kRemoved:
    case KeyEvent::kExpired:
      if (when_gone_ > 0 && by_type_[index_of(change.type)] > 0) key_ready(change.database, change.name);
      return;
    case KeyEvent::kFlushed:
    case KeyEvent::kSwapped:
      return database_changed(change.database);
    case KeyEvent::kChanged:
    case KeyEvent::kUnseen:
    case KeyEvent::kFieldsExpired:
    case KeyEvent::kReplaced:
      return;
  }
}

void BlockedClients::key_ready(unsigned database, std::string_view key) {
  auto queues = queues_.find(database);
  if (queues == queues_.end()) return;
  auto found = queues->second.find(key);
  if (found != queues->second.end()) make_ready(database, found->first, found->second);
}

void BlockedClients::database_changed(unsigned database) {
  auto queues = queues_.find(database);
  if (queues == queues_.end()) return;
  for (auto& [key, queue] : queues->second) make_ready(database, key, queue);
}

BlockedClient* BlockedClients::next() {
  for (;;) {
    if (!turn_.under_way) {
      if (ready_.empty()) return nullptr;
      turn_ = {.under_way = true, .database = ready_.front().database, .key = std::move(ready_.front().key)};
      ready_.pop_front();
      // If the key becomes ready again from now on, it gets another turn.
      auto queues = queues_.find(turn_.database);
      if (queues != queues_.end()) {
        auto found = queues->second.find(turn_.key);
        if (found != queues->second.end()) found->second.ready = false;
      }
    }
    if (BlockedClient* client = next_in_turn()) return client;
    turn_.under_way = false;
  }
}

BlockedClient* BlockedClients::next_in_turn() {
  auto queues = queues_.find(turn_.database);
  if (queues == queues_.end()) return nullptr;
  auto found = queues->second.find(turn_.key);
  if (found == queues->second.end()) return nullptr;
  const Queue& queue = found->second;
  if (turn_.missing && queue.when_gone == 0) return nullptr;
  auto client = queue.clients.upper_bound(turn_.last_arrival);
  return client == queue.clients.end() ? nullptr : client->second;
}

void BlockedClients::key_missing() {
  turn_.missing = true;
}

bool BlockedClients::is_ready(unsigned database, std::string_view key) const {
  if (turn_.under_way && turn_.database == database && turn_.key == key) return true;
  auto queues = queues_.find(database);
  if (queues == queues_.end()) return false;
  auto found = queues->second.find(key);
  return found != queues->second.end() && found->second.ready;
}

BlockedClient* BlockedClients::overdue(std::int64_t now_us) const {
  return earliest_deadline_us() <= now_us ? deadlines_.begin()->second : nullptr;
}

void BlockedClients::put_off(BlockedClient& client, std::int64_t deadline_us) {
  deadlines_.erase({client.deadline_us, &client});
  client.deadline_us = deadline_us;
  if (deadline_us != io::kNever) deadlines_.emplace(deadline_us, &client);
}

void BlockedClients::plan_look(BlockedClient& client, const KeyWait& wait, std::int64_t now_us) {
  put_off(client, std::min(client.end_us, io::deadline_us(now_us, wait.look_again_ms)));
}

void BlockedClients::look_now(BlockedClient& client) {
  put_off(client, client.end_us);
  for (const std::string& key : client.keys) key_ready(client.database, key);
}

}  // namespace terrace
