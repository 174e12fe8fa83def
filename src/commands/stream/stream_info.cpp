// XINFO: describes a stream, its groups and their consumers.

#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/shared/help.h"
#include "src/commands/stream/stream_access.h"
#include "src/commands/stream/stream_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::PendingEntry;
using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;
using types::StreamId;

// The stream of argument 2. nullptr: the error is replied.
const Stream* find_stream(Context& context) {
  const Record* record = context.read(context.argument(2));
  if (record == nullptr) return context.reply.error("ERR no such key"), nullptr;
  if (!type_or_absent(context, record, ValueType::kStream)) return nullptr;
  return &stream_of(*record);
}

void named(Reply& reply, std::string_view name, std::uint64_t number) {
  reply.bulk(name);
  reply.integer(static_cast<std::int64_t>(number));
}
void named(Reply& reply, std::string_view name, const StreamId& id) {
  reply.bulk(name);
  reply_id(reply, id);
}

// The fields for how many entries the group has read and how many it has left, null if that is not known.
void reply_progress(Reply& reply, const Stream& stream, const StreamGroup& group) {
  reply.bulk("entries-read");
  if (group.entries_read == StreamGroup::kUnknownReads) {
    reply.null();
  } else {
    reply.integer(group.entries_read);
  }
  reply.bulk("lag");
  if (stream.entries_added() == 0) return reply.integer(0);
  const bool counted = group.entries_read != StreamGroup::kUnknownReads && !stream.deleted_from(group.last_id);
  const std::int64_t read = counted ? group.entries_read : stream.ordinal_of(group.last_id);
  if (!counted && read == StreamGroup::kUnknownReads) return reply.null();
  reply.integer(static_cast<std::int64_t>(stream.entries_added() - static_cast<std::uint64_t>(read)));
}

// Replies the first `count` items (0: all); tell(item) replies one.
template <typename Row, typename Tell>
void reply_row(Reply& reply, const Row& row, std::uint64_t count, const Tell& tell) {
  std::size_t left = count == 0 ? row.size() : std::min<std::size_t>(row.size(), count);
  reply.array(left);
  for (auto at = row.begin(); left > 0; at = row.next(at), --left) tell(row[at]);
}

void reply_consumer_in_full(Reply& reply, const StreamGroup& group, const StreamConsumer& consumer,
                            std::uint64_t count) {
  reply.map(5);
  reply.bulk("name");
  reply.bulk(consumer.name);
  named(reply, "seen-time", static_cast<std::uint64_t>(consumer.seen_ms));
  named(reply, "active-time", static_cast<std::uint64_t>(consumer.active_ms));
  named(reply, "pel-count", consumer.pending.size());
  reply.bulk("pending");
  reply_row(reply, consumer.pending, count, [&](const StreamConsumer::Owned& owned) {
    const PendingEntry& entry = *group.find_pending(owned.id);
    reply.array(3);
    reply_id(reply, entry.id);
    reply.integer(entry.delivered_ms);
    reply.integer(static_cast<std::int64_t>(entry.deliveries));
  });
}

void reply_group_in_full(Reply& reply, const Stream& stream, const StreamGroup& group, std::uint64_t count) {
  reply.map(7);
  reply.bulk("name");
  reply.bulk(group.name());
  named(reply, "last-delivered-id", group.last_id);
  reply_progress(reply, stream, group);
  named(reply, "pel-count", group.pending().size());
  reply.bulk("pending");
  reply_row(reply, group.pending(), count, [&](const PendingEntry& entry) {
    reply.array(4);
    reply_id(reply, entry.id);
    reply.bulk(entry.consumer->name);
    reply.integer(entry.delivered_ms);
    reply.integer(static_cast<std::int64_t>(entry.deliveries));
  });
  reply.bulk("consumers");
  reply.array(group.consumers().size());
  for (const auto& consumer : group.consumers()) reply_consumer_in_full(reply, group, *consumer, count);
}

void reply_edge(Reply& reply, std::string_view name, const Stream& stream, const StreamId& id) {
  reply.bulk(name);
  if (stream.size() == 0 || !reply_entry(reply, stream, id)) reply.null();
}

// The fields with which both forms of the reply begin. The index of nodes has one entry for each node.
void reply_figures(Reply& reply, const Stream& stream) {
  named(reply, "length", stream.size());
  named(reply, "radix-tree-keys", stream.node_count());
  named(reply, "radix-tree-nodes", stream.node_count() + 1);
  named(reply, "last-generated-id", stream.last_id());
  named(reply, "max-deleted-entry-id", stream.max_deleted_id());
  named(reply, "entries-added", stream.entries_added());
  named(reply, "recorded-first-entry-id", stream.first_id());
}

void reply_in_full(Reply& reply, const Stream& stream, std::uint64_t count) {
  reply.map(9);
  reply_figures(reply, stream);
  reply.bulk("entries");
  reply_entries(reply, stream, {}, StreamId::greatest(), count);
  reply.bulk("groups");
  reply.array(stream.groups().size());
  for (const auto& group : stream.groups()) reply_group_in_full(reply, stream, *group, count);
}

}  // namespace

void xinfo_stream(Context& context) {
  const Stream* stream = find_stream(context);
  if (stream == nullptr) return;
  Reply& reply = context.reply;
  const std::size_t arguments = context.arguments.size();
  if (arguments == 3) {
    reply.map(10);
    reply_figures(reply, *stream);
    named(reply, "groups", stream->groups().size());
    reply_edge(reply, "first-entry", *stream, stream->first_id());
    return reply_edge(reply, "last-entry", *stream, stream->size() > 0 ? stream->last_entry_id() : StreamId{});
  }
  const bool full = (arguments == 4 || arguments == 6) && is_option(context.argument(3), "FULL");
  if (!full || (arguments == 6 && !is_option(context.argument(4), "COUNT"))) {
    return reply_unknown_subcommand(context, "XINFO");
  }
  constexpr std::int64_t kUsualCount = 10;
  std::int64_t count = kUsualCount;
  if (arguments == 6) {
    const auto number = integer_argument(context, 5);
    if (!number) return;
    count = *number < 0 ? kUsualCount : *number;
  }
  reply_in_full(reply, *stream, static_cast<std::uint64_t>(count));
}

void xinfo_groups(Context& context) {
  const Stream* stream = find_stream(context);
  if (stream == nullptr) return;
  Reply& reply = context.reply;
  reply.array(stream->groups().size());
  for (const auto& group : stream->groups()) {
    reply.map(6);
    reply.bulk("name");
    reply.bulk(group->name());
    named(reply, "consumers", group->consumers().size());
    named(reply, "pending", group->pending().size());
    named(reply, "last-delivered-id", group->last_id);
    reply_progress(reply, *stream, *group);
  }
}

void xinfo_consumers(Context& context) {
  const Stream* stream = find_stream(context);
  if (stream == nullptr) return;
  const StreamGroup* group = stream->group(context.argument(3));
  if (group == nullptr) return no_group(context, context.argument(2), context.argument(3));
  context.reply.array(group->consumers().size());
  for (const auto& consumer : group->consumers()) {
    context.reply.map(4);
    context.reply.bulk("name");
    context.reply.bulk(consumer->name);
    named(context.reply, "pending", consumer->pending.size());
    context.reply.bulk("idle");
    context.reply.integer(time_since(context.now_ms, consumer->seen_ms));
    context.reply.bulk("inactive");
    const bool never = consumer->active_ms == StreamConsumer::kNever;
    context.reply.integer(never ? -1 : time_since(context.now_ms, consumer->active_ms));
  }
}

void xinfo_help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "CONSUMERS <key> <groupname>",
      "    The consumers of a group.",
      "GROUPS <key>",
      "    The groups of a stream.",
      "STREAM <key> [FULL [COUNT <count>]]",
      "    The stream's figures, in full with its entries and groups.",
  };
  reply_help(context, "XINFO", kLines);
}

}  // namespace terrace::commands
