// XREAD and XREADGROUP: the entries of several streams behind a given id, for the client or for a consumer of a group.
#include <algorithm>
#include <string>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/stream/stream_access.h"
#include "src/commands/stream/stream_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::PendingEntry;
using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;
using types::StreamNodeView;

struct DeliverOptions {
  bool for_group = false;  // XREADGROUP
  std::size_t group_at = 0;
  std::uint64_t count = 0;  // 0: all
  bool no_acknowledge = false;
  std::optional<std::int64_t> claim_idle_ms = {};  // of CLAIM: entries pending so long without a delivery come first
  std::optional<std::int64_t> timeout_ms = {};     // of BLOCK; 0: without an end
  std::size_t first_key = 0;
  std::size_t streams = 0;
  // The streams to be read, from `first` to before `end`.
  std::size_t first = 0, end = 0;

  std::string_view key(const Context& context, std::size_t index) const { return context.argument(first_key + index); }
  std::string_view id(const Context& context, std::size_t index) const {
    return context.argument(first_key + streams + index);
  }
};

// The id behind which a stream is read; nothing: the entries that the group has not read yet (">").
struct Start {
  std::optional<StreamId> behind;
};

void of_groups_alone(Context& context, std::string_view option) {
  context.reply.error("ERR The " + std::string(option) +
                      " option is only supported by XREADGROUP. You called XREAD instead.");
}

bool parse_wait(Context& context, std::size_t at, DeliverOptions& options) {
  options.timeout_ms = milliseconds_timeout_argument(context, at);
  return options.timeout_ms.has_value();
}

bool parse_claim_idle(Context& context, std::size_t at, DeliverOptions& options) {
  options.claim_idle_ms = types::parse_integer(context.argument(at));
  if (options.claim_idle_ms && *options.claim_idle_ms >= 0) return true;
  context.reply.error(options.claim_idle_ms ? "ERR min-idle-time must be a positive integer"
                                            : "ERR min-idle-time is not an integer");
  return false;
}

// Reads STREAMS at `at`, the keys, and as many ids.
bool parse_streams(Context& context, std::size_t at, DeliverOptions& options) {
  options.first_key = at + 1;
  const std::size_t rest = context.arguments.size() - options.first_key;
  options.streams = options.end = rest / 2;
  if (rest % 2 == 0) return true;
  // As in Redis 7.0, the error is the same for both commands.
  context.reply.error("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
  return false;
}

// Reads one option at `i` and moves `i` to its last argument. False: the error is replied.
bool parse_option(Context& context, std::size_t& i, DeliverOptions& options) {
  const std::string_view argument = context.argument(i);
  const std::size_t more = context.arguments.size() - i - 1;
  if (is_option(argument, "BLOCK") && more > 0) return parse_wait(context, ++i, options);
  if (is_option(argument, "COUNT") && more > 0) {
    const auto count = integer_argument(context, ++i);
    if (count) options.count = static_cast<std::uint64_t>(std::max<std::int64_t>(*count, 0));
    return count.has_value();
  }
  if (is_option(argument, "GROUP") && more >= 2) {
    if (!options.for_group) return of_groups_alone(context, "GROUP"), false;
    options.group_at = i + 1;
    i += 2;
    return true;
  }
  if (is_option(argument, "NOACK")) {
    if (!options.for_group) return of_groups_alone(context, "NOACK"), false;
    options.no_acknowledge = true;
    return true;
  }
  if (is_option(argument, "CLAIM") && more > 0) {
    if (!options.for_group) return of_groups_alone(context, "CLAIM"), false;
    return parse_claim_idle(context, ++i, options);
  }
  context.reply.syntax_error();
  return false;
}

std::optional<DeliverOptions> parse_deliver_options(Context& context, bool for_group) {
  DeliverOptions options{.for_group = for_group};
  for (std::size_t i = 1; i < context.arguments.size() && options.first_key == 0; ++i) {
    if (is_option(context.argument(i), "STREAMS") && i + 1 < context.arguments.size()) {
      if (!parse_streams(context, i, options)) return std::nullopt;
    } else if (!parse_option(context, i, options)) {
      return std::nullopt;
    }
  }
  if (options.first_key == 0) return context.reply.syntax_error(), std::nullopt;
  if (for_group && options.group_at == 0) {
    return context.reply.error("ERR Missing GROUP option for XREADGROUP"), std::nullopt;
  }
  return options;
}

// The row's key specification finds keys behind the first word STREAMS. If that word is another argument, such as a
// consumer's name, the keys are needed here.
bool have_keys(Context& context, const DeliverOptions& options) {
  std::size_t found = options.for_group ? 4 : 1;
  while (!is_option(context.argument(found), "STREAMS")) ++found;
  if (found + 1 == options.first_key) return true;
  bool all = true;
  for (std::size_t i = 0; i < options.streams; ++i) all &= context.need(options.key(context, i));
  return all;
}

// For a client that has waited: only the stream that is ready is read, and a bound is set where COUNT is missing.
void of_candidate_alone(const Context& context, DeliverOptions& options) {
  constexpr std::uint64_t kMost = 1000;
  const auto keys = context.arguments.subspan(options.first_key, options.streams);
  const auto candidates = context.candidates(keys);
  options.first = static_cast<std::size_t>(candidates.data() - keys.data());
  options.end = options.first + candidates.size();
  if (options.count == 0) options.count = kMost;
}

// The look-up for a client that has waited was counted before the wait.
const Record* find(Context& context, std::string_view key) {
  return context.served() ? context.peek(key) : context.read(key);
}

void meaningless_for_groups(Context& context, std::string_view id) {
  const std::string name(id);
  context.reply.error("ERR The " + name +
                      " ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer "
                      "by specifying a proper ID, or use the > ID to get new messages. The " +
                      name + " ID would just return an empty result set.");
}

// Behind this id lies the last entry, if there is one.
StreamId before_last_entry(const Stream& stream) {
  return stream.size() > 0 ? *stream.last_entry_id().previous() : stream.last_id();
}

// Reads the start of one stream. False: the error is replied.
bool parse_start(Context& context, const DeliverOptions& options, std::size_t index, const Record* record,
                 Start& start) {
  const std::string_view text = until_nul(options.id(context, index));
  if (text == "$" || text == "+") {
    if (options.for_group) return meaningless_for_groups(context, text), false;
    if (record == nullptr) {
      start.behind = StreamId{};
    } else {
      start.behind = text == "$" ? stream_of(*record).last_id() : before_last_entry(stream_of(*record));
    }
    return true;
  }
  if (text == ">") {
    if (options.for_group) return true;
    context.reply.error(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
    return false;
  }
  start.behind = parse_id(options.id(context, index));
  if (!start.behind) return invalid_id(context.reply), false;
  // As in Redis, the greatest id means the same as ">".
  if (options.for_group && *start.behind == StreamId::greatest()) start.behind.reset();
  return true;
}

// Is the key a stream, and does it have the group?
bool is_readable(Context& context, const DeliverOptions& options, std::string_view key, const Record* record) {
  if (!type_or_absent(context, record, ValueType::kStream)) return false;
  if (!options.for_group) return true;
  const std::string_view group = context.argument(options.group_at);
  if (record != nullptr && stream_of(*record).group(group) != nullptr) return true;
  no_key_or_group(context, key, group, " in XREADGROUP with GROUP option");
  return false;
}

bool parse_starts(Context& context, const DeliverOptions& options, std::vector<Start>& starts) {
  for (std::size_t i = options.first; i < options.end; ++i) {
    const std::string_view key = options.key(context, i);
    const Record* record = find(context, key);
    if (!is_readable(context, options, key, record)) return false;
    if (!parse_start(context, options, i, record, starts[i])) return false;
  }
  return true;
}

// Begins the reply for one stream.
void reply_key(Reply& reply, std::string_view key) {
  if (reply.protocol() == 2) reply.array(2);
  reply.bulk(key);
}

// Does the stream reach beyond `id`?
bool reaches_beyond(const Stream& stream, const StreamId& id) {
  return stream.size() > 0 && stream.last_entry_id() > id;
}

bool read_stream(Context& context, const DeliverOptions& options, std::size_t index, const Start& start, Reply& reply) {
  const std::string_view key = options.key(context, index);
  const Record* record = find(context, key);
  if (record == nullptr || !reaches_beyond(stream_of(*record), *start.behind)) return false;
  const Stream& stream = stream_of(*record);
  reply_key(reply, key);
  reply_entries(reply, stream, *start.behind->next(), StreamId::greatest(), options.count);
  return true;
}

bool idle_long_enough(const Context& context, const DeliverOptions& options, const PendingEntry& entry) {
  return options.claim_idle_ms && time_since(context.now_ms, entry.delivered_ms) >= *options.claim_idle_ms;
}

bool has_claimable(const Context& context, const DeliverOptions& options, const Stream& stream,
                   const StreamGroup& group) {
  if (!options.claim_idle_ms) return false;
  for (auto at = group.pending().begin(); at != group.pending().end(); at = group.pending().next(at)) {
    const PendingEntry& entry = group.pending()[at];
    if (idle_long_enough(context, options, entry) && stream.contains(entry.id)) return true;
  }
  return false;
}

// The pending entries that CLAIM asks for and that are still in the stream, the longest idle first, at most `count`.
std::vector<StreamId> claimable(const Context& context, const DeliverOptions& options, const Stream& stream,
                                const StreamGroup& group) {
  struct Idle {
    std::int64_t delivered_ms;
    StreamId id;
    auto operator<=>(const Idle&) const = default;  // NOLINT(modernize-use-nullptr)
  };
  std::vector<Idle> idle;
  for (auto at = group.pending().begin(); at != group.pending().end(); at = group.pending().next(at)) {
    const PendingEntry& entry = group.pending()[at];
    if (!idle_long_enough(context, options, entry) || !stream.contains(entry.id)) continue;
    idle.push_back({entry.delivered_ms, entry.id});
  }
  const std::size_t kept = options.count == 0 ? idle.size() : std::min<std::size_t>(idle.size(), options.count);
  std::ranges::partial_sort(idle, idle.begin() + static_cast<std::ptrdiff_t>(kept));
  std::vector<StreamId> ids(kept);
  std::transform(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(kept), ids.begin(),
                 [](const Idle& entry) { return entry.id; });
  return ids;
}

// Replies a pending entry, with its idle time and its deliveries so far, and makes it pending for the consumer.
void deliver_claimed(Context& context, std::string_view key, const Stream& stream, StreamGroup& group,
                     StreamConsumer& consumer, const StreamId& id, Reply& entries) {
  const PendingEntry entry = *group.find_pending(id);
  reply_entry(entries, stream, id, 2);
  entries.integer(time_since(context.now_ms, entry.delivered_ms));
  entries.integer(static_cast<std::int64_t>(entry.deliveries));
  group.set_pending(id, consumer, context.now_ms, entry.deliveries + 1);
  consumer.active_ms = context.now_ms;
  propagate_pending(context, key, group, *group.find_pending(id));
}

// Replies the entries that CLAIM asks for, then those that are new to the group, and makes them pending for the
// consumer. NOACK is for the new ones alone.
void deliver_new(Context& context, const DeliverOptions& options, std::string_view key, Stream& stream,
                 StreamGroup& group, StreamConsumer& consumer, Reply& reply) {
  ReplyPart part(reply);
  Reply& entries = part.reply();
  std::uint64_t told = 0;
  if (options.claim_idle_ms) {
    for (const StreamId& id : claimable(context, options, stream, group)) {
      deliver_claimed(context, key, stream, group, consumer, id, entries);
      ++told;
    }
  }
  const auto tell = [&](const StreamEntry& entry, const StreamNodeView& node) {
    reply_entry(entries, entry, node, options.claim_idle_ms ? 2 : 0);
    if (options.claim_idle_ms) {
      entries.integer(0);
      entries.integer(0);
    }
    if (group.entries_read != StreamGroup::kUnknownReads && !stream.deleted_from(entry.id)) {
      group.entries_read = static_cast<std::int64_t>(static_cast<std::uint64_t>(group.entries_read) + 1);
    } else if (stream.entries_added() > 0) {
      group.entries_read = stream.ordinal_of(entry.id);
    }
    group.last_id = entry.id;
    if (!options.no_acknowledge) {
      group.set_pending(entry.id, consumer, context.now_ms, 1);
      consumer.active_ms = context.now_ms;
      propagate_pending(context, key, group, *group.find_pending(entry.id));
    }
    return ++told != options.count;
  };
  if (told == 0 || told != options.count) stream.forward(*group.last_id.next(), StreamId::greatest(), tell);
  reply.array(told);
  part.append_to_whole();
  propagate_position(context, key, group);
}

// Replies the entries behind an id that are pending for the consumer, and counts the delivery.
void deliver_again(Context& context, const DeliverOptions& options, std::string_view key, const Stream& stream,
                   StreamGroup& group, StreamConsumer& consumer, const StreamId& behind, Reply& reply) {
  ReplyPart part(reply);
  Reply& entries = part.reply();
  std::uint64_t told = 0;
  for (auto at = consumer.pending.lower_bound(*behind.next()); at != consumer.pending.end();
       at = consumer.pending.next(at)) {
    const StreamId id = consumer.pending[at].id;
    if (reply_entry(entries, stream, id)) {
      group.set_pending(id, consumer, context.now_ms, group.find_pending(id)->deliveries + 1);
      propagate_again(context, key, group, *group.find_pending(id));
    } else {
      entries.array(2);
      reply_id(entries, id);
      entries.null_array();
    }
    if (++told == options.count) break;
  }
  reply.array(told);
  part.append_to_whole();
}

bool deliver_stream(Context& context, const DeliverOptions& options, std::size_t index, const Start& start,
                    Reply& reply) {
  const std::string_view key = options.key(context, index);
  Record* record = context.served() ? context.write(key) : counted_stream(context, key);
  StreamGroup& group = *stream_of(*record).group(context.argument(options.group_at));
  StreamConsumer& consumer = seen_consumer(context, record, group, context.argument(options.group_at + 1));
  if (!start.behind && !reaches_beyond(stream_of(*record), group.last_id) &&
      !has_claimable(context, options, stream_of(*record), group)) {
    return false;
  }
  Stream& stream = changed_groups(context, record);
  reply_key(reply, key);
  if (start.behind) {
    deliver_again(context, options, key, stream, group, consumer, *start.behind, reply);
  } else {
    deliver_new(context, options, key, stream, group, consumer, reply);
  }
  return true;
}

// When CLAIM has to look again: as soon as the next pending entry may have been idle long enough. An entry that becomes
// pending during the wait needs the whole time.
std::int64_t next_claim_ms(Context& context, const DeliverOptions& options) {
  constexpr std::int64_t kLeastMs = 10;  // CLAIM 0 would look without a pause
  if (!options.claim_idle_ms) return 0;
  std::int64_t wait_ms = *options.claim_idle_ms;
  for (std::size_t i = 0; i < options.streams; ++i) {
    const Record* record = context.peek(options.key(context, i));
    if (record == nullptr || record->type() != ValueType::kStream) continue;
    const StreamGroup* group = stream_of(*record).group(context.argument(options.group_at));
    if (group == nullptr) continue;
    for (auto at = group->pending().begin(); at != group->pending().end(); at = group->pending().next(at)) {
      const std::int64_t idle_ms = time_since(context.now_ms, group->pending()[at].delivered_ms);
      if (idle_ms < *options.claim_idle_ms) wait_ms = std::min(wait_ms, *options.claim_idle_ms - idle_ms);
    }
  }
  return std::max(wait_ms, kLeastMs);
}

// Waits for new entries in any of the streams. "$" is replaced by the last id of now.
void wait_for_more(Context& context, const DeliverOptions& options, const std::vector<Start>& starts) {
  const auto keys = context.arguments.subspan(options.first_key, options.streams);
  KeyWait wait{.type = ValueType::kStream,
               .keys = keys,
               .timeout_ms = *options.timeout_ms,
               .when_gone = options.for_group,
               .look_again_ms = next_claim_ms(context, options),
               .request = {}};
  if (!options.for_group) {
    wait.request.assign(context.arguments.begin(), context.arguments.end());
    for (std::size_t i = 0; i < options.streams; ++i) {
      wait.request[options.first_key + options.streams + i] = types::StreamIdText(*starts[i].behind).view();
    }
  }
  context.block(wait);
}

void read(Context& context, bool for_group) {
  auto options = parse_deliver_options(context, for_group);
  if (!options || !have_keys(context, *options)) return;
  if (context.served()) of_candidate_alone(context, *options);
  std::vector<Start> starts(options->streams);
  if (!parse_starts(context, *options, starts)) return;
  // The effects are those of each delivered entry.
  if (for_group) context.propagate_nothing();
  ReplyPart part(context.reply);
  Reply& streams = part.reply();
  std::size_t told = 0;
  for (std::size_t i = options->first; i < options->end; ++i) {
    const bool any = for_group ? deliver_stream(context, *options, i, starts[i], streams)
                               : read_stream(context, *options, i, starts[i], streams);
    told += any ? 1 : 0;
  }
  if (told == 0) {
    if (options->timeout_ms) return wait_for_more(context, *options, starts);
    return context.reply.null_array();
  }
  if (context.reply.protocol() == 2) {
    context.reply.array(told);
  } else {
    context.reply.map(told);
  }
  part.append_to_whole();
}

}  // namespace

void xread(Context& context) {
  read(context, false);
}
void xreadgroup(Context& context) {
  read(context, true);
}

}  // namespace terrace::commands
