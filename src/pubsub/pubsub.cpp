#include "src/pubsub/pubsub.h"

#include <algorithm>
#include <array>
#include <span>

#include "src/execution/inbox.h"
#include "src/resp/reply.h"

namespace terrace {
namespace {

// The memory of a subscription beside the name: the topic and its places in the tables of both sides.
constexpr std::size_t kSubscriptionBytes = sizeof(Topic) + 14 * sizeof(void*);

constexpr int kPushProtocol = 3;

// The protocols differ in the first byte alone.
char push_sign(const Session& session) {
  return session.protocol == kPushProtocol ? '>' : '*';
}

std::size_t bytes_of(const Topic& topic) {
  return kSubscriptionBytes + topic.name.size();
}

}  // namespace

void PubSub::subscribe(Session& session, TopicKind kind, std::string_view name) {
  if (session.subscriber == nullptr) {
    auto made = std::make_unique<Subscriber>(Subscriber{.session = session});
    session.subscriber = made.get();
    session.subscribed = true;
    subscribers_.emplace(&session, std::move(made));
    audience_.subscribers = subscribers_.size();
  }
  Topic* const topic = table(kind).subscribe(*session.subscriber, name);
  if (topic == nullptr) return;
  storage::LedgerCharge& charge = session.subscriptions_charge;
  charge.resize(charge.bytes() + bytes_of(*topic));
  if (kind != TopicKind::kPattern || topic->subscribers.size() > 1) return;
  patterns_.add(*topic);
  matched_ = false;
}

void PubSub::unsubscribe(Session& session, TopicKind kind, std::string_view name) {
  Topic* const topic = table(kind).find(name);
  if (topic == nullptr || session.subscriber == nullptr || !session.subscriber->of(kind).contains(topic)) return;
  end(*session.subscriber, kind, *topic);
  release_if_idle(session);
}

void PubSub::end(Subscriber& subscriber, TopicKind kind, Topic& topic) {
  storage::LedgerCharge& charge = subscriber.session.subscriptions_charge;
  charge.resize(charge.bytes() - bytes_of(topic));
  table(kind).unsubscribe(subscriber, topic);
  if (!topic.subscribers.empty()) return;
  if (kind == TopicKind::kPattern) {
    patterns_.remove(topic);
    matched_ = false;
  }
  table(kind).drop(topic);
}

void PubSub::release_if_idle(Session& session) {
  const auto& topics = session.subscriber->topics;
  if (!std::all_of(topics.begin(), topics.end(), [](const auto& of_kind) { return of_kind.empty(); })) return;
  session.subscriber = nullptr;
  session.subscribed = false;
  subscribers_.erase(&session);
  audience_.subscribers = subscribers_.size();
}

void PubSub::forget(Session& session) {
  if (session.subscriber == nullptr) return;
  for (const TopicKind kind : {TopicKind::kChannel, TopicKind::kPattern, TopicKind::kShardChannel}) {
    Subscriber::Topics& topics = session.subscriber->of(kind);
    while (!topics.empty()) end(*session.subscriber, kind, *topics.begin()->first);
  }
  release_if_idle(session);
}

std::size_t PubSub::count(const Session& session, TopicKind kind) {
  return session.subscriber == nullptr ? 0 : session.subscriber->of(kind).size();
}

std::vector<std::string> PubSub::names(const Session& session, TopicKind kind) {
  std::vector<std::string> names;
  if (session.subscriber == nullptr) return names;
  for (const auto& [topic, place] : session.subscriber->of(kind)) names.push_back(topic->name);
  return names;
}

std::size_t PubSub::subscriber_count(TopicKind kind, std::string_view name) const {
  const Topic* const topic = topics(kind).find(name);
  return topic == nullptr ? 0 : topic->subscribers.size();
}

const std::vector<Topic*>& PubSub::matching(std::string_view channel) {
  if (matched_ && matched_channel_ == channel) return matching_;
  matching_.clear();
  patterns_.match(channel, matching_);
  matched_channel_ = channel;
  matched_ = true;
  return matching_;
}

std::size_t PubSub::receiver_count(TopicKind kind, std::string_view channel) {
  std::size_t count = subscriber_count(kind, channel);
  if (kind == TopicKind::kShardChannel || topics(TopicKind::kPattern).size() == 0) return count;
  for (const Topic* pattern : matching(channel)) count += pattern->subscribers.size();
  return count;
}

// Writes the message to text_ as each topic tells it: take(topic, kind of the topic).
template <typename Take>
void PubSub::each_heard(TopicKind kind, std::string_view channel, std::string_view message, const Take& take) {
  constexpr std::size_t kKeptBytes = 64 << 10;
  const auto write = [this](std::span<const std::string_view> parts) {
    text_.clear();
    Reply writer(text_, kPushProtocol);
    writer.push(parts.size());
    for (const std::string_view part : parts) writer.bulk(part);
  };
  const bool shard = kind == TopicKind::kShardChannel;
  if (Topic* const topic = table(kind).find(channel)) {
    write(std::array{std::string_view(shard ? "smessage" : "message"), channel, message});
    take(*topic, kind);
  }
  if (!shard && topics(TopicKind::kPattern).size() > 0) {
    for (Topic* const pattern : matching(channel)) {
      write(std::array{std::string_view("pmessage"), std::string_view(pattern->name), channel, message});
      take(*pattern, TopicKind::kPattern);
    }
  }
  if (text_.capacity() > kKeptBytes) std::string().swap(text_);
}

void PubSub::deliver(TopicKind kind, std::string_view channel, std::string_view message, std::uint64_t position,
                     const Session* left_out) {
  each_heard(kind, channel, message, [&](const Topic& topic, TopicKind /*kind*/) {
    for (const Subscriber* subscriber : topic.subscribers) {
      const Session& session = subscriber->session;
      if (&session == left_out || session.inbox == nullptr) continue;
      text_[0] = push_sign(session);
      session.inbox->push(text_, position);
    }
  });
}

void PubSub::write_heard(const Session& session, TopicKind kind, std::string_view channel, std::string_view message,
                         std::string& out) {
  if (session.subscriber == nullptr) return;
  each_heard(kind, channel, message, [&](Topic& topic, TopicKind topic_kind) {
    if (!session.subscriber->of(topic_kind).contains(&topic)) return;
    text_[0] = push_sign(session);
    out += text_;
  });
}

}  // namespace terrace
