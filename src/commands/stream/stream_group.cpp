// XGROUP and XACK: creates and removes groups and consumers, and acknowledges entries.
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/shared/help.h"
#include "src/commands/stream/stream_access.h"
#include "src/commands/stream/stream_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;
using types::StreamId;

struct GroupOptions {
  bool make_stream = false;
  std::int64_t entries_read = StreamGroup::kUnknownReads;
};

std::optional<GroupOptions> parse_group_options(Context& context, bool creates) {
  GroupOptions options;
  for (std::size_t i = 5; i < context.arguments.size(); ++i) {
    if (creates && is_option(context.argument(i), "MKSTREAM")) {
      options.make_stream = true;
    } else if (is_option(context.argument(i), "ENTRIESREAD") && i + 1 < context.arguments.size()) {
      const auto number = integer_argument(context, ++i);
      if (!number) return std::nullopt;
      // In the log any number may occur: reads are counted on from the greatest number.
      if (*number < 0 && *number != StreamGroup::kUnknownReads && !context.replaying()) {
        return context.reply.error("ERR value for ENTRIESREAD must be positive or -1"), std::nullopt;
      }
      options.entries_read = *number;
    } else {
      return reply_unknown_subcommand(context, "XGROUP"), std::nullopt;
    }
  }
  return options;
}

// Is the record a stream? Otherwise the error is replied.
bool stream_or_error(Context& context, const Record* record) {
  if (!type_or_absent(context, record, ValueType::kStream)) return false;
  if (record != nullptr) return true;
  context.reply.error(
      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "
      "option to create an empty stream automatically.");
  return false;
}

// The record of the stream, which has the group that is named. nullptr: the error is replied.
Record* with_group(Context& context) {
  Record* record = context.write(context.argument(2));
  if (!stream_or_error(context, record)) return nullptr;
  if (stream_of(*record).group(context.argument(3)) != nullptr) return record;
  no_group(context, context.argument(2), context.argument(3));
  return nullptr;
}

bool is_last(std::string_view argument) {
  return until_nul(argument) == "$";
}

}  // namespace

void xgroup_create(Context& context) {
  const auto options = parse_group_options(context, true);
  if (!options) return;
  const std::string_view key = context.argument(2), name = context.argument(3);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  if (!options->make_stream && !stream_or_error(context, record)) return;
  if (context.arguments.size() > 8) return reply_unknown_subcommand(context, "XGROUP");
  StreamId last;
  if (!is_last(context.argument(4))) {
    const auto id = id_argument(context, 4);
    if (!id) return;
    last = *id;
  } else if (record != nullptr) {
    last = stream_of(*record).last_id();
  }
  if (record != nullptr && stream_of(*record).group(name) != nullptr) {
    return context.reply.error("BUSYGROUP Consumer Group name already exists");
  }
  Stream& stream = record ? changed_groups(context, record) : new_stream(context, key);
  StreamGroup& group = *stream.add_group(name);
  group.last_id = last;
  group.entries_read = options->entries_read;
  context.notify(kEventStream, "xgroup-create", key);
  context.reply.ok();
}

void xgroup_setid(Context& context) {
  const auto options = parse_group_options(context, false);
  if (!options) return;
  Record* record = with_group(context);
  if (record == nullptr) return;
  if (context.arguments.size() != 5 && context.arguments.size() != 7) {
    return reply_unknown_subcommand(context, "XGROUP");
  }
  StreamId last = stream_of(*record).last_id();
  if (!is_last(context.argument(4))) {
    const std::string_view text = until_nul(context.argument(4));
    const auto id = text == "-" ? StreamId{} : text == "+" ? StreamId::greatest() : id_argument(context, 4);
    if (!id) return;
    last = *id;
  }
  StreamGroup& group = *changed_groups(context, record).group(context.argument(3));
  group.last_id = last;
  group.entries_read = options->entries_read;
  context.notify(kEventStream, "xgroup-setid", context.argument(2));
  context.reply.ok();
}

void xgroup_destroy(Context& context) {
  Record* record = context.write(context.argument(2));
  if (!stream_or_error(context, record)) return;
  if (stream_of(*record).group(context.argument(3)) == nullptr) return context.reply.integer(0);
  changed_groups(context, record).remove_group(context.argument(3));
  context.notify(kEventStream, "xgroup-destroy", context.argument(2));
  // Clients that wait for new entries of the group are run again and get the error.
  context.extended(context.argument(2), ValueType::kStream);
  context.reply.integer(1);
}

void xgroup_createconsumer(Context& context) {
  Record* record = with_group(context);
  if (record == nullptr) return;
  const std::string_view name = context.argument(4);
  if (stream_of(*record).group(context.argument(3))->consumer(name) != nullptr) return context.reply.integer(0);
  changed_groups(context, record).group(context.argument(3))->add_consumer(name, context.now_ms);
  context.notify(kEventStream, "xgroup-createconsumer", context.argument(2));
  context.reply.integer(1);
}

void xgroup_delconsumer(Context& context) {
  Record* record = with_group(context);
  if (record == nullptr) return;
  StreamGroup& group = *stream_of(*record).group(context.argument(3));
  const StreamConsumer* consumer = group.consumer(context.argument(4));
  if (consumer == nullptr) return context.reply.integer(0);
  context.change(record, KeyEvent::kUnseen);
  context.reply.integer(static_cast<std::int64_t>(consumer->pending.size()));
  group.remove_consumer(*consumer);
  context.notify(kEventStream, "xgroup-delconsumer", context.argument(2));
}

void xgroup_help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "CREATE <key> <groupname> <id|$> [MKSTREAM] [ENTRIESREAD <entries_read>]",
      "    Makes a group that gets the entries behind the id, and with MKSTREAM the stream.",
      "CREATECONSUMER <key> <groupname> <consumer>",
      "    Makes a consumer of the group.",
      "DELCONSUMER <key> <groupname> <consumer>",
      "    Removes a consumer with what is pending for it.",
      "DESTROY <key> <groupname>",
      "    Removes a group.",
      "SETID <key> <groupname> <id|$> [ENTRIESREAD <entries_read>]",
      "    Sets the id behind which the group reads on.",
  };
  reply_help(context, "XGROUP", kLines);
}

void xack(Context& context) {
  Record* record = counted_stream(context, context.argument(1));
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  StreamGroup* group = record ? stream_of(*record).group(context.argument(2)) : nullptr;
  if (group == nullptr) return context.reply.integer(0);
  std::vector<StreamId> ids;
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    const auto id = id_argument(context, i);
    if (!id) return;
    if (group->find_pending(*id) != nullptr) ids.push_back(*id);
  }
  if (ids.empty()) return context.reply.integer(0);
  context.change(record, KeyEvent::kUnseen);
  std::int64_t acknowledged = 0;
  for (const StreamId& id : ids) acknowledged += group->acknowledge(id) ? 1 : 0;
  context.reply.integer(acknowledged);
}

}  // namespace terrace::commands
