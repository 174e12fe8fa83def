#include "tests/simulation/clients/witness.h"

#include <algorithm>

#include "tests/simulation/failure.h"

namespace terrace::simulation {

void Witness::forget(const ClientStream& stream) {
  std::erase(streams_, &stream);
  note_left(stream);
}

void Witness::note_left(const ClientStream& stream) {
  std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.stream == &stream; });
}

void Witness::note_run(const Context& context, std::int64_t now_ms) {
  settle();
  // What a script calls runs in a session of the script, for the batch of its client.
  const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const ClientStream* stream) {
    return &stream->session == &context.session ||
           (stream->batch != nullptr && stream->batch->session == &context.session);
  });
  if (found == streams_.end() || !(*found)->judged) return;
  ClientStream& stream = **found;
  if (stream.requests.empty()) fail("a handler runs for a session that has asked for nothing");
  ClientRequest& request = stream.requests.front();
  const bool in_script = &stream.session != &context.session;
  if (in_script && stream.session.transaction.calls().empty()) {
    if (request.run_ms.value_or(now_ms) != now_ms) fail("time has passed inside a script");
    request.run_ms = now_ms;
    return;
  }
  if (!context.in_transaction()) {
    if (!request.run_ms) {
      request.first_run_ms = now_ms;
      request.first_run_units = history_.units();
    }
    request.run_ms = now_ms;
    return;
  }
  const std::size_t index = stream.batch->transaction.next;
  if (request.inner_ms.size() <= index) request.inner_ms.resize(index + 1);
  request.inner_ms[index] = now_ms;
}

// Of the requests that were answered since the last handler began, the one whose handler that was comes first: the
// others, which have run none, may tell of what it changed.
void Witness::settle() {
  for (const bool has_run : {true, false}) {
    for (ClientStream* stream : streams_) {
      if (!stream->requests.empty() && stream->requests.front().has_run() == has_run) settle(*stream);
    }
  }
}

// A reply joins the output when its unit is committed, so a session with a new reply has been answered.
void Witness::settle(ClientStream& stream) {
  while (stream.output.size() > stream.made_bytes - stream.taken_bytes) {
    const std::string_view bytes =
        std::string_view(stream.output.bytes()).substr(stream.made_bytes - stream.taken_bytes);
    auto parsed = parse_reply(bytes);
    if (!parsed) fail("client " + std::to_string(stream.session.id) + " has been given half a reply");
    world_.trace(std::hash<std::string_view>()(bytes.substr(0, parsed->size)));
    stream.made_bytes += parsed->size;
    stream.replies.push_back({stream.made_bytes, 0, false, std::move(parsed->value)});
    judge(stream);
  }
  note_waiting(stream);
}

void Witness::judge(ClientStream& stream) {
  ClientStream::Reply& reply = stream.replies.back();
  if (stream.requests.empty()) fail("a session is answered that has asked for nothing");
  const ClientRequest request = std::move(stream.requests.front());
  stream.requests.pop_front();
  if (!stream.judged) return;
  const std::vector<Ready> ready = ready_waiters();
  const Answer answer = stream.model.judge(request, reply.value, {clock_.wall_ms(), clock_.monotonic_us()});
  reply.dependency = answer.dependency;
  reply.changed = answer.unit && !answer.unit->changes().empty();
  if (say_) {
    say_("client " + std::to_string(stream.session.id) + ": " + words_of(request.arguments) + " -> " +
         reply.value.describe() + ", unit " + std::to_string(history_.units()) + ", tells of " +
         std::to_string(answer.dependency));
  }
  if (answer.unit) {
    check_turn(stream, request, reply.value, *answer.unit, ready);
    for (ClientStream* other : streams_) other->model.note_changes(*answer.unit);
  }
  note_left(stream);
}

// --- clients that wait for keys

void Witness::note_waiting(ClientStream& stream) {
  if (!stream.judged || stream.session.blocked == nullptr || stream.requests.empty()) return;
  ClientRequest& request = stream.requests.front();
  if (request.blocked_since_us) return;
  request.blocked_since_us = clock_.monotonic_us();
  waiters_.push_back({&stream, stream.model.awaited_keys(request), SessionModel::awaited_type(request)});
}

bool Witness::is_there(const Waiter& waiter, const KeyName& key) const {
  const DataPointer value = history_.current().find(key);
  return value != nullptr && value->type == waiter.type && !value->expired(clock_.wall_ms());
}

std::vector<Witness::Ready> Witness::ready_waiters() const {
  std::vector<Ready> ready;
  for (const Waiter& waiter : waiters_) {
    if (waiter.stream->session.closing) continue;
    for (const KeyName& key : waiter.keys) {
      if (is_there(waiter, key)) ready.push_back({waiter.stream, key});
    }
  }
  return ready;
}

void Witness::check_turn(const ClientStream& stream, const ClientRequest& request, const ReplyValue& reply,
                         const ModelUnit& unit, const std::vector<Ready>& ready) const {
  std::vector<KeyName> looked_at = unit.read_keys();
  if (request.blocked_since_us) {
    const bool moves = request.arguments[0] == "blmove";
    looked_at = {{stream.model.database(), moves ? request.arguments[1] : reply.element_text(0)}};
  }
  for (const Ready& one : ready) {
    if (std::find(looked_at.begin(), looked_at.end(), one.key) == looked_at.end()) continue;
    // In order of arrival: who stands behind the one that is served may have to wait.
    if (one.stream == &stream) return;
    fail("client " + std::to_string(stream.session.id) + ", " + words_of(request.arguments) + ", came to the key " +
         one.key.describe() + " before client " + std::to_string(one.stream->session.id) + ", which waits for it");
  }
}

// --- replies

void Witness::note_taken(ClientStream& stream, std::size_t size, std::vector<ReplyValue>& taken) {
  stream.taken_bytes += size;
  while (!stream.replies.empty() && stream.replies.front().end <= stream.taken_bytes) {
    ClientStream::Reply& reply = stream.replies.front();
    if (replies_promise_) {
      if (!reply.changed && reply.dependency > history_.promised()) ++revelations_;
      history_.promise(reply.dependency);
    }
    taken.push_back(std::move(reply.value));
    stream.replies.pop_front();
  }
}

bool Witness::unit_open() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const ClientStream* stream) {
    return stream->batch != nullptr && stream->batch->transaction.opened;
  });
}

void Witness::check_progress(std::int64_t patience_us) const {
  for (const ClientStream* stream : streams_) {
    if (stream->requests.empty()) continue;
    const ClientRequest& request = stream->requests.front();
    const std::int64_t age_us = clock_.monotonic_us() - request.sent_us;
    if (age_us < patience_us) continue;
    const auto waiter =
        std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& other) { return other.stream == stream; });
    if (waiter != waiters_.end() && std::none_of(waiter->keys.begin(), waiter->keys.end(),
                                                 [&](const KeyName& key) { return is_there(*waiter, key); })) {
      continue;
    }
    fail("client " + std::to_string(stream->session.id) + ", " + words_of(request.arguments) +
         ", has had no answer for " + std::to_string(age_us) + " us");
  }
}

}  // namespace terrace::simulation
