#include "src/pubsub/topic_table.h"

namespace terrace {

Topic* TopicTable::find(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

Topic* TopicTable::subscribe(Subscriber& subscriber, std::string_view name) {
  Topic* topic = find(name);
  if (topic == nullptr) {
    auto made = std::make_unique<Topic>(Topic{std::string(name), {}});
    topic = made.get();
    topics_.emplace(topic->name, std::move(made));
  }
  if (!subscriber.of(kind_).emplace(topic, topic->subscribers.size()).second) return nullptr;
  topic->subscribers.push_back(&subscriber);
  return topic;
}

void TopicTable::unsubscribe(Subscriber& subscriber, Topic& topic) {
  const auto own = subscriber.of(kind_).find(&topic);
  Subscriber* const last = topic.subscribers.back();
  topic.subscribers[own->second] = last;
  topic.subscribers.pop_back();
  last->of(kind_)[&topic] = own->second;
  subscriber.of(kind_).erase(own);
}

}  // namespace terrace
