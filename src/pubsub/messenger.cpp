#include "src/pubsub/messenger.h"

#include <string>

namespace terrace {

void Messenger::configure(const Settings& settings) {
  chosen_ = settings.event_classes;
  audience_.classes = chosen_ & (kTellKeyspace | kTellKeyevent) ? chosen_ : 0;
  tracking_.set_most_keys(static_cast<std::uint64_t>(settings.tracking_table_keys));
}

void Messenger::tell(const Unit& unit, Session& session, std::uint64_t position) {
  const Notices& notices = unit.notices();
  for (std::size_t i = 0; i < notices.size(); ++i) {
    const Notices::Notice notice = notices[i];
    switch (notice.kind) {
      case Notices::Kind::kMessage:
        pubsub_.deliver(TopicKind::kChannel, notice.subject, notice.text, position);
        break;
      case Notices::Kind::kShardMessage:
        pubsub_.deliver(TopicKind::kShardChannel, notice.subject, notice.text, position);
        break;
      case Notices::Kind::kKeyEvent:
        tell_event(notice, position);
        break;
      case Notices::Kind::kCommand:
        monitors_.deliver(notice.text, position);
        break;
    }
  }
  if (audience_.caching > 0) tracking_.tell(unit, session, position);
}

void Messenger::tell_event(const Notices::Notice& notice, std::uint64_t position) {
  const std::string database = std::to_string(notice.database);
  if (chosen_ & kTellKeyspace) {
    pubsub_.deliver(TopicKind::kChannel, "__keyspace@" + database + "__:" + std::string(notice.subject), notice.text,
                    position);
  }
  if (chosen_ & kTellKeyevent) {
    pubsub_.deliver(TopicKind::kChannel, "__keyevent@" + database + "__:" + std::string(notice.text), notice.subject,
                    position);
  }
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
