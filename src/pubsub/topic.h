// Topic: a channel, a shard channel or a pattern that somebody has subscribed to. Subscriber: a session with its topics.
// Both sides of a subscription know where it stands on the other side, so that it ends in constant time however many
// there are.
// Ownership: topics by their TopicTable, subscribers by PubSub. Thread: the reactor's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/execution/session.h"

namespace terrace {

enum class TopicKind : std::uint8_t { kChannel, kPattern, kShardChannel };
inline constexpr std::size_t kTopicKinds = 3;

struct Subscriber;

struct Topic {
  std::string name;
  std::vector<Subscriber*> subscribers;
};

struct Subscriber {
  using Topics = std::unordered_map<Topic*, std::size_t>;  // with the place among the topic's subscribers

  Session& session;
  std::array<Topics, kTopicKinds> topics = {};

  Topics& of(TopicKind kind) { return topics[static_cast<std::size_t>(kind)]; }
  const Topics& of(TopicKind kind) const { return topics[static_cast<std::size_t>(kind)]; }
};

}  // namespace terrace
