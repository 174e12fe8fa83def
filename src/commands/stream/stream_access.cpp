#include "src/commands/stream/stream_access.h"

#include <limits>
#include <memory>
#include <string>

#include "src/commands/shared/argument.h"
#include "src/text/number.h"

namespace terrace {

using types::IntegerText;
using types::Stream;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;
using types::StreamIdText;
using types::StreamNodeView;

Stream& new_stream(Context& context, std::string_view key) {
  storage::Record* const record =
      context.put(key, context.database_number(), storage::ValueType::kStream, std::make_unique<Stream>());
  return static_cast<Stream&>(*record->object());
}

void invalid_id(Reply& reply) {
  reply.error("ERR Invalid stream ID specified as stream command argument");
}

std::optional<StreamId> parse_id(std::string_view text) {
  const auto parsed = types::parse_stream_id(text, 0, false);
  if (!parsed) return std::nullopt;
  return parsed->id;
}

std::optional<StreamId> id_argument(Context& context, std::size_t index) {
  const auto id = parse_id(context.argument(index));
  if (!id) invalid_id(context.reply);
  return id;
}

std::optional<StreamId> interval_argument(Context& context, std::size_t index, IntervalEnd end) {
  std::string_view text = context.argument(index);
  const std::uint64_t missing = end == IntervalEnd::kFirst ? 0 : StreamId::greatest().sequence;
  const bool without = text.size() > 1 && text[0] == '(';
  if (without) text.remove_prefix(1);
  if (!without && until_nul(text) == "-") return StreamId{};
  if (!without && until_nul(text) == "+") return StreamId::greatest();
  const auto parsed = types::parse_stream_id(text, missing, false);
  if (!parsed) {
    invalid_id(context.reply);
    return std::nullopt;
  }
  if (!without) return parsed->id;
  const auto beside = end == IntervalEnd::kFirst ? parsed->id.next() : parsed->id.previous();
  if (!beside) {
    context.reply.error(end == IntervalEnd::kFirst ? "ERR invalid start ID for the interval"
                                                   : "ERR invalid end ID for the interval");
  }
  return beside;
}

std::optional<types::StreamReferences> references_option(std::string_view argument) {
  using types::StreamReferences;
  if (is_option(argument, "KEEPREF")) return StreamReferences::kKeep;
  if (is_option(argument, "DELREF")) return StreamReferences::kDrop;
  if (is_option(argument, "ACKED")) return StreamReferences::kRespect;
  return std::nullopt;
}

void no_key_or_group(Context& context, std::string_view key, std::string_view group, std::string_view behind) {
  context.reply.error("NOGROUP No such key '" + shown(key) + "' or consumer group '" + shown(group) + "'" +
                      std::string(behind));
}

void no_group(Context& context, std::string_view key, std::string_view group) {
  context.reply.error("NOGROUP No such consumer group '" + shown(group) + "' for key name '" + shown(key) + "'");
}

void reply_id(Reply& reply, const StreamId& id) {
  reply.bulk(StreamIdText(id).view());
}

void reply_entry(Reply& reply, const StreamEntry& entry, const StreamNodeView& node, std::size_t more) {
  reply.array(2 + more);
  reply_id(reply, entry.id);
  reply.array(entry.fields * 2);
  node.each_field(entry, [&](std::string_view field, std::string_view value) {
    reply.bulk(field);
    reply.bulk(value);
  });
}

bool reply_entry(Reply& reply, const Stream& stream, const StreamId& id, std::size_t more) {
  bool found = false;
  stream.forward(id, id, [&](const StreamEntry& entry, const StreamNodeView& node) {
    reply_entry(reply, entry, node, more);
    found = true;
    return false;
  });
  return found;
}

void reply_entries(Reply& reply, const Stream& stream, const StreamId& first, const StreamId& last, std::uint64_t count,
                   bool backward) {
  ReplyPart part(reply);
  Reply& entries = part.reply();
  std::uint64_t told = 0;
  const auto tell = [&](const StreamEntry& entry, const StreamNodeView& node) {
    reply_entry(entries, entry, node);
    return ++told != count;
  };
  if (backward) {
    stream.backward(first, last, tell);
  } else {
    stream.forward(first, last, tell);
  }
  reply.array(told);
  part.append_to_whole();
}

std::int64_t time_since(std::int64_t now_ms, std::int64_t then_ms) {
  if (then_ms >= now_ms) return 0;
  std::int64_t since_ms;
  return __builtin_sub_overflow(now_ms, then_ms, &since_ms) ? std::numeric_limits<std::int64_t>::max() : since_ms;
}

void propagate_pending(Context& context, std::string_view key, const StreamGroup& group,
                       const types::PendingEntry& entry) {
  const StreamIdText id(entry.id), last_id(group.last_id);
  const IntegerText delivered(entry.delivered_ms), deliveries(static_cast<std::int64_t>(entry.deliveries));
  context.propagate({"XCLAIM", key, group.name(), entry.consumer->name, "0", id, "TIME", delivered, "RETRYCOUNT",
                     deliveries, "FORCE", "JUSTID", "LASTID", last_id});
}

void propagate_again(Context& context, std::string_view key, const StreamGroup& group,
                     const types::PendingEntry& entry) {
  const IntegerText delivered(entry.delivered_ms), deliveries(static_cast<std::int64_t>(entry.deliveries));
  context.propagate({"XCLAIM", key, group.name(), entry.consumer->name, "0", StreamIdText(entry.id), "TIME", delivered,
                     "RETRYCOUNT", deliveries, "FORCE", "JUSTID"});
}

types::StreamConsumer& seen_consumer(Context& context, storage::Record* record, StreamGroup& group,
                                     std::string_view name) {
  types::StreamConsumer* consumer = group.consumer(name);
  if (consumer == nullptr) {
    const std::string_view effect[] = {"XGROUP", "CREATECONSUMER", record->key(), group.name(), name};
    context.change_aside(record, effect);
    consumer = &group.add_consumer(name, context.now_ms);
    context.notify(kEventStream, "xgroup-createconsumer", record->key());
  }
  consumer->seen_ms = context.now_ms;  // of a consumer that gets nothing this is not logged, as in Redis
  return *consumer;
}

void propagate_position(Context& context, std::string_view key, const StreamGroup& group) {
  const StreamIdText last_id(group.last_id);
  const IntegerText entries_read(group.entries_read);
  context.propagate({"XGROUP", "SETID", key, group.name(), last_id, "ENTRIESREAD", entries_read});
}

}  // namespace terrace
