// What the stream commands share: access to streams, ids among the arguments, replies with entries, and the effects for
// changes of groups.
#pragma once

#include <optional>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/stream/stream.h"
#include "storage/record/record.h"

namespace terrace {

// The record for a command that changes groups. As in Redis, the look-up is counted as a hit or a miss.
inline storage::Record* counted_stream(Context& context, std::string_view key) {
  static_cast<void>(context.read_without_touch(key));
  return context.write(key);
}
inline const types::Stream& stream_of(const storage::Record& record) {
  return static_cast<const types::Stream&>(*record.object());
}
// The record's stream, marked as changed.
inline types::Stream& changed_stream(Context& context, storage::Record* record) {
  context.change(record);
  return static_cast<types::Stream&>(*record->object());
}
// The record's stream, marked as changed in its groups. As in Redis, that breaks no WATCH.
inline types::Stream& changed_groups(Context& context, storage::Record* record) {
  context.change(record, KeyEvent::kUnseen);
  return static_cast<types::Stream&>(*record->object());
}
// A new empty stream under the key.
types::Stream& new_stream(Context& context, std::string_view key);

// The milliseconds since `then_ms`, 0 if that is in the future: a restored value may have any time.
std::int64_t time_since(std::int64_t now_ms, std::int64_t then_ms);

// --- ids; a function that returns nothing has replied the error
// An id. "MS" is the first id of that millisecond.
std::optional<types::StreamId> id_argument(Context& context, std::size_t index);
std::optional<types::StreamId> parse_id(std::string_view text);
void invalid_id(Reply& reply);
// KEEPREF, DELREF or ACKED, options of Redis 8.2.
std::optional<types::StreamReferences> references_option(std::string_view argument);
// One end of an interval: an id, "-" or "+". "(" in front excludes the id itself.
enum class IntervalEnd : bool { kFirst, kLast };
std::optional<types::StreamId> interval_argument(Context& context, std::size_t index, IntervalEnd end);

// "NOGROUP No such key 'k' or consumer group 'g'", with a text behind it.
void no_key_or_group(Context& context, std::string_view key, std::string_view group, std::string_view behind = {});
// "NOGROUP No such consumer group 'g' for key name 'k'"
void no_group(Context& context, std::string_view key, std::string_view group);

// --- replies
void reply_id(Reply& reply, const types::StreamId& id);
// `more`: how many elements the caller replies behind the entry's own.
void reply_entry(Reply& reply, const types::StreamEntry& entry, const types::StreamNodeView& node,
                 std::size_t more = 0);
// Replies the entry with this id. False: there is none; nothing is replied.
bool reply_entry(Reply& reply, const types::Stream& stream, const types::StreamId& id, std::size_t more = 0);
// Replies an array of the entries from `first` to `last`, at most `count` of them (0: all).
void reply_entries(Reply& reply, const types::Stream& stream, const types::StreamId& first, const types::StreamId& last,
                   std::uint64_t count, bool backward = false);

// --- effects
// Propagates a pending entry: its consumer, time and count, in place of any earlier state.
void propagate_pending(Context& context, std::string_view key, const types::StreamGroup& group,
                       const types::PendingEntry& entry);
// The same of an entry that its consumer has read once more: that makes it no active consumer. The effect has no LASTID.
void propagate_again(Context& context, std::string_view key, const types::StreamGroup& group,
                     const types::PendingEntry& entry);
// The consumer of this name, seen now; it is created if need be, also if there is nothing for it, as from Redis 7.2 on.
// To be called before anything of the stream is changed.
types::StreamConsumer& seen_consumer(Context& context, storage::Record* record, types::StreamGroup& group,
                                     std::string_view name);
// Propagates the last id that the group has read.
void propagate_position(Context& context, std::string_view key, const types::StreamGroup& group);

}  // namespace terrace
