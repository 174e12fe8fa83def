// TopicTable: the topics of one kind by name. A topic is there while it has a subscriber.
// Ownership: owned by PubSub; owns its topics. Thread: the reactor's.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>

#include "src/pubsub/topic.h"

namespace terrace {

class TopicTable {
 public:
  using ByName = std::unordered_map<std::string_view, std::unique_ptr<Topic>>;

  explicit TopicTable(TopicKind kind) : kind_(kind) {}

  // The topic, made if it is not there. nullptr: the subscriber has subscribed to it before.
  Topic* subscribe(Subscriber& subscriber, std::string_view name);
  // The subscriber has subscribed to the topic. Afterwards the topic may have no subscribers: the caller drops it.
  void unsubscribe(Subscriber& subscriber, Topic& topic);
  void drop(Topic& topic) { topics_.erase(topic.name); }

  Topic* find(std::string_view name) const;
  std::size_t size() const { return topics_.size(); }
  const ByName& topics() const { return topics_; }

 private:
  TopicKind kind_;
  ByName topics_;  // the names are those of the topics
};

}  // namespace terrace
