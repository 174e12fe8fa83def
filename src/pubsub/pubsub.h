// PubSub: who has subscribed to what, and the delivery of messages to them. Messages are not kept: who does not listen
// when a message is published never gets it.
// Ownership: part of Messenger; owns subscribers and topics. forget() is called before a session ends. Thread: the
// reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/execution/listeners.h"
#include "src/pubsub/pattern_index.h"
#include "src/pubsub/topic_table.h"

namespace terrace {

class PubSub {
 public:
  explicit PubSub(Listeners::Audience& audience) : audience_(audience) {}
  PubSub(const PubSub&) = delete;
  PubSub& operator=(const PubSub&) = delete;

  void subscribe(Session& session, TopicKind kind, std::string_view name);
  // Nothing happens if the session has not subscribed to it.
  void unsubscribe(Session& session, TopicKind kind, std::string_view name);
  void forget(Session& session);

  // --- what a session has subscribed to
  static std::size_t count(const Session& session, TopicKind kind);
  static std::vector<std::string> names(const Session& session, TopicKind kind);

  // --- all topics
  const TopicTable& topics(TopicKind kind) const { return tables_[static_cast<std::size_t>(kind)]; }
  std::size_t subscriber_count(TopicKind kind, std::string_view name) const;
  // Sessions that have a subscription of any kind.
  std::size_t session_count() const { return subscribers_.size(); }

  // --- messages
  // How many would get a message that is published now.
  std::size_t receiver_count(TopicKind kind, std::string_view channel);
  // To all but `left_out`. `kind`: kChannel or kShardChannel.
  void deliver(TopicKind kind, std::string_view channel, std::string_view message, std::uint64_t position,
               const Session* left_out = nullptr);
  // Appends what the session would get.
  void write_heard(const Session& session, TopicKind kind, std::string_view channel, std::string_view message,
                   std::string& out);

 private:
  TopicTable& table(TopicKind kind) { return tables_[static_cast<std::size_t>(kind)]; }
  void end(Subscriber& subscriber, TopicKind kind, Topic& topic);
  void release_if_idle(Session& session);
  const std::vector<Topic*>& matching(std::string_view channel);
  template <typename Take>
  void each_heard(TopicKind kind, std::string_view channel, std::string_view message, const Take& take);

  Listeners::Audience& audience_;
  std::unordered_map<const Session*, std::unique_ptr<Subscriber>> subscribers_;
  TopicTable tables_[kTopicKinds] = {TopicTable(TopicKind::kChannel), TopicTable(TopicKind::kPattern),
                                     TopicTable(TopicKind::kShardChannel)};
  PatternIndex patterns_;
  // PUBLISH asks for the matching patterns when it counts the receivers and again when it delivers: the answer for the
  // last channel is kept until the patterns change.
  std::string matched_channel_;
  std::vector<Topic*> matching_;
  bool matched_ = false;
  std::string text_;  // the message as it is sent
};

}  // namespace terrace
