#include "tests/simulation/clients/session_model.h"

#include <algorithm>
#include <set>

#include "tests/simulation/clients/script_request.h"
#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

// Timers may come a little early: times are rounded to milliseconds.
constexpr std::int64_t kTimeoutSlackUs = 2000;

bool is_control(const Arguments& arguments) {
  constexpr const char* kNames[] = {"multi", "discard", "watch", "unwatch", "reset", "hello", "terrace"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* name) { return arguments[0] == name; });
}

// What the generator sends to spoil a transaction.
bool is_malformed(const Arguments& arguments) {
  return arguments[0] == "get" && arguments.size() == 1;
}

bool same(const DataPointer& a, const DataPointer& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

}  // namespace

bool waits_for_keys(const Arguments& arguments) {
  return arguments[0] == "blpop" || arguments[0] == "brpop" || arguments[0] == "blmove" || arguments[0] == "bzpopmin";
}

std::string words_of(const Arguments& arguments) {
  constexpr std::size_t kMostArguments = 8;
  constexpr std::size_t kMostBytes = 24;
  std::string words;
  if (arguments[0] == "eval") {
    for (const Arguments& command : commands_of_script(arguments)) words += "; " + words_of(command);
    return "script" + words;
  }
  for (std::size_t i = 0; i < std::min(arguments.size(), kMostArguments); ++i) {
    words += (i == 0 ? "" : " ") + arguments[i].substr(0, kMostBytes);
  }
  return arguments.size() > kMostArguments ? words + " ..." : words;
}

SessionModel::Counts& SessionModel::counts() {
  static Counts counts;
  return counts;
}

void SessionModel::wrong(const std::string& what, const Arguments& arguments) const {
  fail("client " + std::to_string(number_) + ", database " + std::to_string(database_) + ", " + words_of(arguments) +
       ": " + what);
}

void SessionModel::expect(const ReplyValue& expected, const ReplyValue& actual, const Arguments& arguments) const {
  if (agrees(expected, actual)) return;
  wrong("answered " + actual.describe() + ", expected " + expected.describe(), arguments);
}

Answer SessionModel::judge(const ClientRequest& request, const ReplyValue& actual, Now now) {
  const Arguments& arguments = request.arguments;
  now_us_ = now.monotonic_us;
  ++counts().replies;
  if (arguments[0] == "exec") return judge_exec(request, actual, now);
  if (is_malformed(arguments)) {
    refused_ |= transaction_;
    expect(ReplyValue::error("ERR"), actual, arguments);
    return {};
  }
  if (is_control(arguments)) return judge_control(request, actual, now);
  if (transaction_) {
    expect(ReplyValue::simple("QUEUED"), actual, arguments);
    queue_.push_back(arguments);
    return {};
  }
  if (waits_for_keys(arguments) && request.blocked_since_us) {
    if (actual.is_null()) return judge_timeout(request, now);
    ++counts().served;
  }
  if (arguments[0] == "keys" && request.run_ms) return judge_keys(request, actual);
  return execute(request, actual);
}

Answer SessionModel::execute(const ClientRequest& request, const ReplyValue& actual) {
  if (!request.run_ms) wrong("answered " + actual.describe() + " without having run", request.arguments);
  ModelUnit unit(history_.current(), database_);
  expect(unit.execute(request.arguments, *request.run_ms, actual), actual, request.arguments);
  database_ = unit.database();
  ++counts().units;
  return commit(std::move(unit));
}

// Others run while it walks through the database: what was there all the time is named, once; what came or went in
// between may be.
Answer SessionModel::judge_keys(const ClientRequest& request, const ReplyValue& actual) {
  const auto in_doubt = [&](const std::string& name) {
    return history_.first_change({database_, name}, request.first_run_units).has_value();
  };
  std::multiset<std::string> named;
  for (const ReplyValue& element : actual.elements) named.insert(element.text);
  for (const auto& [name, value] : history_.current().keys(database_)) {
    const bool there = !value->expired(*request.run_ms);
    const bool was_there = !value->expired(request.first_run_ms);
    const std::size_t times = named.count(name);
    if (times > 1 || (!in_doubt(name) && ((there && times == 0) || (!was_there && times > 0)))) {
      wrong("names the key " + name + " " + std::to_string(times) + " times", request.arguments);
    }
    named.erase(name);
  }
  for (const std::string& name : named) {
    if (!in_doubt(name)) wrong("names the key " + name + ", which is not there", request.arguments);
  }
  ModelUnit unit(history_.current(), database_);
  unit.execute(request.arguments, *request.run_ms, actual);
  ++counts().units;
  return commit(std::move(unit));
}

Answer SessionModel::commit(ModelUnit unit) const {
  const std::uint64_t dependency = history_.commit(unit, now_us_);
  return {.dependency = dependency, .unit = std::move(unit)};
}

Answer SessionModel::judge_control(const ClientRequest& request, const ReplyValue& actual, Now) {
  const std::string& name = request.arguments[0];
  if (name == "hello" || name == "terrace") {
    if (actual.kind == ReplyValue::Kind::kError) wrong("answered " + actual.describe(), request.arguments);
    return {};
  }
  const bool allowed = name == "multi" || name == "watch" ? !transaction_ : name != "discard" || transaction_;
  expect(!allowed          ? ReplyValue::error("ERR")
         : name == "reset" ? ReplyValue::simple("RESET")
                           : ReplyValue::ok(),
         actual, request.arguments);
  if (!allowed) return {};
  if (name == "multi") transaction_ = true;
  if (name == "discard" || name == "reset") end_transaction();
  if (name == "unwatch") watches_.clear();
  if (name == "reset") database_ = 0;
  if (name == "watch") watch(request);
  return {};
}

void SessionModel::end_transaction() {
  transaction_ = refused_ = false;
  queue_.clear();
  watches_.clear();
}

// --- WATCH

void SessionModel::watch(const ClientRequest& request) {
  if (!request.run_ms) wrong("answered without having run", request.arguments);
  for (std::size_t i = 1; i < request.arguments.size(); ++i) {
    const KeyName key{database_, request.arguments[i]};
    const auto same_key = [&](const Watch& other) { return other.key == key; };
    if (std::any_of(watches_.begin(), watches_.end(), same_key)) continue;
    const DataPointer value = history_.current().find(key);
    std::optional<std::int64_t> expiry_ms;
    if (value != nullptr && !value->expired(*request.run_ms)) expiry_ms = value->expiry_ms;
    watches_.push_back({.key = key, .since = history_.units(), .expiry_ms = expiry_ms});
  }
}

void SessionModel::note_changes(const ModelUnit& unit) {
  if (watches_.empty()) return;
  for (const ModelUnit::Change& change : unit.changes()) {
    // SWAPDB may put there what nobody sees any more.
    const bool there = change.after != nullptr && !change.after->expired(unit.now_ms());
    for (Watch& watch : watches_) {
      if (watch.key == change.key) watch.changed |= !same(change.before, there ? change.after : nullptr);
    }
  }
}

// --- EXEC

Answer SessionModel::judge_exec(const ClientRequest& request, const ReplyValue& actual, Now now) {
  Answer answer;
  if (!transaction_) {
    expect(ReplyValue::error("ERR"), actual, request.arguments);
    return answer;
  }
  if (refused_) {
    expect(ReplyValue::error("EXECABORT"), actual, request.arguments);
  } else if (actual.is_null()) {
    answer = judge_refusal(now.wall_ms);
    ++counts().refused;
  } else {
    answer =
        judge_transaction(request, actual, request.inner_ms.empty() ? now.wall_ms : request.inner_ms[0].value_or(0));
    ++counts().transactions;
  }
  end_transaction();
  return answer;
}

Answer SessionModel::judge_refusal(std::int64_t now_ms) const {
  std::optional<std::uint64_t> first;
  for (const Watch& watch : watches_) {
    if (watch.expiry_ms && *watch.expiry_ms < now_ms) return {};
    const auto change = history_.first_change(watch.key, watch.since);
    if (change && (!first || *change < *first)) first = change;
  }
  if (first) return {.dependency = *first};
  std::string keys;
  for (const Watch& watch : watches_) keys += " " + watch.key.describe();
  wrong("refused, though none of the watched keys" + keys + " has changed", {"exec"});
}

Answer SessionModel::judge_transaction(const ClientRequest& request, const ReplyValue& actual, std::int64_t now_ms) {
  if (actual.kind != ReplyValue::Kind::kArray || actual.elements.size() != queue_.size()) {
    wrong("answered " + actual.describe() + " for " + std::to_string(queue_.size()) + " commands", request.arguments);
  }
  for (const Watch& watch : watches_) {
    if (watch.changed) wrong("ran, though the watched key " + watch.key.describe() + " has changed", {"exec"});
    if (watch.expiry_ms && *watch.expiry_ms < now_ms) {
      wrong("ran, though the watched key " + watch.key.describe() + " has expired", {"exec"});
    }
  }
  ModelUnit unit(history_.current(), database_);
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const ReplyValue& reply = actual.elements[i];
    const bool ran = i < request.inner_ms.size() && request.inner_ms[i];
    if (!ran) wrong("answered " + reply.describe() + " without having run", queue_[i]);
    if (*request.inner_ms[i] != now_ms) wrong("time has passed inside the transaction", queue_[i]);
    expect(unit.execute(queue_[i], now_ms, reply), reply, queue_[i]);
  }
  database_ = unit.database();
  ++counts().units;
  return commit(std::move(unit));
}

// --- waiting for keys

std::vector<KeyName> SessionModel::awaited_keys(const ClientRequest& request) const {
  std::vector<KeyName> keys;
  const Arguments& arguments = request.arguments;
  const std::size_t end = arguments[0] == "blmove" ? 2 : arguments.size() - 1;
  for (std::size_t i = 1; i < end; ++i) keys.push_back({database_, arguments[i]});
  return keys;
}

DataValue::Type SessionModel::awaited_type(const ClientRequest& request) {
  return request.arguments[0] == "bzpopmin" ? DataValue::Type::kSortedSet : DataValue::Type::kList;
}

// Its last argument is the time in seconds, 0: none.
Answer SessionModel::judge_timeout(const ClientRequest& request, Now now) {
  const auto timeout_us = static_cast<std::int64_t>(std::stod(request.arguments.back()) * 1e6);
  const std::int64_t waited_us = now.monotonic_us - *request.blocked_since_us;
  if (timeout_us == 0 || waited_us + kTimeoutSlackUs < timeout_us) {
    wrong("answered that its time is over after " + std::to_string(waited_us) + " us", request.arguments);
  }
  ++counts().timeouts;
  Answer answer;
  for (const KeyName& key : awaited_keys(request)) {
    answer.dependency = std::max(answer.dependency, history_.last_change(key));
  }
  return answer;
}

}  // namespace terrace::simulation
