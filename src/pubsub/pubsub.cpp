#include "src/pubsub/pubsub.h"

#include <algorithm>

#include "src/execution/inbox.h"
#include "src/resp/reply.h"

namespace terrace {
namespace {

// The memory of a subscription beside the name: the topic and its places in the tables of both sides.
constexpr std::size_t kBytesBesideName = sizeof(Topic) + 14 * sizeof(void*);

std::size_t bytes_of(const Topic& topic) {
  return kBytesBesideName + topic.name.size();
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

void PubSub::deliver(TopicKind kind, std::string_view channel, std::string_view message, std::uint64_t position) {
  const bool shard = kind == TopicKind::kShardChannel;
  if (const Topic* topic = table(kind).find(channel)) {
    push(std::array{std::string_view(shard ? "smessage" : "message"), channel, message}, *topic, position);
  }
  if (shard || topics(TopicKind::kPattern).size() == 0) return;
  for (const Topic* pattern : matching(channel)) {
    push(std::array{std::string_view("pmessage"), std::string_view(pattern->name), channel, message}, *pattern,
         position);
  }
}

void PubSub::push(std::span<const std::string_view> parts, const Topic& topic, std::uint64_t position) {
  constexpr int kPushProtocol = 3;
  constexpr std::size_t kKeptBytes = 64 << 10;
  text_.clear();
  Reply writer(text_, kPushProtocol);
  writer.push(parts.size());
  for (const std::string_view part : parts) writer.bulk(part);
  for (const Subscriber* subscriber : topic.subscribers) {
    // The protocols differ in the first byte alone.
    text_[0] = subscriber->session.protocol == kPushProtocol ? '>' : '*';
    if (subscriber->session.inbox != nullptr) subscriber->session.inbox->push(text_, position);
  }
  if (text_.capacity() > kKeptBytes) std::string().swap(text_);
}

}  // namespace terrace
