#include "src/pubsub/messenger.h"

#include <string>

#include "src/execution/inbox.h"

namespace terrace {

void Messenger::configure(const Settings& settings) {
  chosen_ = settings.event_classes;
  audience_.classes = chosen_ & (kTellKeyspace | kTellKeyevent) ? chosen_ : 0;
  tracking_.set_most_keys(static_cast<std::uint64_t>(settings.tracking_table_keys));
}

// The messages that a notice stands for, none for a command: take(kind, channel, message).
template <typename Take>
void Messenger::each_message(const Notices::Notice& notice, const Take& take) const {
  if (notice.kind == Notices::Kind::kMessage) take(TopicKind::kChannel, notice.subject, notice.text);
  if (notice.kind == Notices::Kind::kShardMessage) take(TopicKind::kShardChannel, notice.subject, notice.text);
  if (notice.kind != Notices::Kind::kKeyEvent) return;
  const std::string database = std::to_string(notice.database);
  if (chosen_ & kTellKeyspace) {
    take(TopicKind::kChannel, "__keyspace@" + database + "__:" + std::string(notice.subject), notice.text);
  }
  if (chosen_ & kTellKeyevent) {
    take(TopicKind::kChannel, "__keyevent@" + database + "__:" + std::string(notice.text), notice.subject);
  }
}

void Messenger::tell(const Unit& unit, Session& session, std::uint64_t position) {
  const Notices& notices = unit.notices();
  if (!notices.heard().empty() && session.inbox != nullptr) session.inbox->push(notices.heard(), position);
  for (std::size_t i = 0; i < notices.size(); ++i) {
    const Notices::Notice notice = notices[i];
    if (notice.kind == Notices::Kind::kCommand) {
      monitors_.deliver(notice.text, position);
      continue;
    }
    const Session* const settled = i < notices.settled() ? &session : nullptr;
    each_message(notice, [&](TopicKind kind, std::string_view channel, std::string_view message) {
      pubsub_.deliver(kind, channel, message, position, settled);
    });
  }
  if (audience_.caching > 0) tracking_.tell(unit, session, position);
}

void Messenger::settle(Notices& notices, const Session& session) {
  std::string heard;
  for (std::size_t i = notices.settled(); i < notices.size(); ++i) {
    each_message(notices[i], [&](TopicKind kind, std::string_view channel, std::string_view message) {
      pubsub_.write_heard(session, kind, channel, message, heard);
    });
  }
  notices.settle(heard);
}

void Messenger::note_command(Unit& unit, const Session& session, const Call& call) {
  unit.notices().add_command(Monitors::line(session, call, clock_.wall_ms()));
}

void Messenger::forget(Session& session) {
  pubsub_.forget(session);
  monitors_.forget(session);
  tracking_.forget(session);
}

}  // namespace terrace
