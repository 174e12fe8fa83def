// What the stream commands share: streams to be read and changed, ids among the arguments, how entries are replied, and
// the effects by which groups are told to the log.
#pragma once

#include <optional>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/stream/stream.h"
#include "storage/record/record.h"

namespace terrace {

// A record to be changed whose look-up is counted, as Redis has it where groups are concerned.
inline storage::Record* counted_stream(Context& context, std::string_view key) {
  static_cast<void>(context.read_without_touch(key));
  return context.write(key);
}
inline const types::Stream& stream_of(const storage::Record& record) {
  return static_cast<const types::Stream&>(*record.object());
}
// Marked as changed.
inline types::Stream& changed_stream(Context& context, storage::Record* record) {
  context.change(record);
  return static_cast<types::Stream&>(*record->object());
}
// Marked as changed in its groups, which who watches the key is not told, as in Redis.
inline types::Stream& changed_groups(Context& context, storage::Record* record) {
  context.change(record, KeyEvent::kUnwatched);
  return static_cast<types::Stream&>(*record->object());
}
// A new and empty one in the key's place.
types::Stream& new_stream(Context& context, std::string_view key);

// Milliseconds since then; 0 if that is yet to come. A restored value may say any time.
std::int64_t time_since(std::int64_t now_ms, std::int64_t then_ms);

// --- ids; where a reading fails the error is replied
// "MS" is the first of its millisecond.
std::optional<types::StreamId> id_argument(Context& context, std::size_t index);
std::optional<types::StreamId> parse_id(std::string_view text);
void invalid_id(Reply& reply);
// KEEPREF, DELREF or ACKED, which Redis 8.2 brought.
std::optional<types::StreamReferences> references_option(std::string_view argument);
// One end of an interval: also "-" and "+", and with "(" the id itself left out.
enum class IntervalEnd : bool { kFirst, kLast };
std::optional<types::StreamId> interval_argument(Context& context, std::size_t index, IntervalEnd end);

// "NOGROUP No such key 'k' or consumer group 'g'", with what stands behind it.
void no_key_or_group(Context& context, std::string_view key, std::string_view group, std::string_view behind = {});
// "NOGROUP No such consumer group 'g' for key name 'k'"
void no_group(Context& context, std::string_view key, std::string_view group);

// --- replies
void reply_id(Reply& reply, const types::StreamId& id);
void reply_entry(Reply& reply, const types::StreamEntry& entry, const types::StreamNodeView& node);
// The entry of this id as it is; false and no reply if there is none.
bool reply_entry(Reply& reply, const types::Stream& stream, const types::StreamId& id);
// The entries from `first` to `last`, `count` at most (0: all), as an array.
void reply_entries(Reply& reply, const types::Stream& stream, const types::StreamId& first, const types::StreamId& last,
                   std::uint64_t count, bool backward = false);

// --- effects
// What is pending for whom since when, whatever was before.
void propagate_pending(Context& context, std::string_view key, const types::StreamGroup& group,
                       const types::PendingEntry& entry);
void propagate_consumer(Context& context, std::string_view key, const types::StreamGroup& group,
                        std::string_view consumer);
// How far the group has read.
void propagate_position(Context& context, std::string_view key, const types::StreamGroup& group);

}  // namespace terrace
