// XDELEX and XACKDEL, commands of Redis 8.2: remove entries, with options for the groups that refer to them.
#include <algorithm>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/stream/stream_access.h"
#include "src/commands/stream/stream_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::Stream;
using types::StreamGroup;
using types::StreamId;
using References = types::StreamReferences;

// The replies for one id.
constexpr std::int64_t kNone = -1, kGone = 1, kStays = 2;

struct RemovalOptions {
  References references = References::kKeep;
  std::size_t first_id = 0;
  std::size_t ids = 0;
};

// Reads IDS at `i` and moves `i` to the last id.
bool parse_ids(Context& context, std::size_t& i, RemovalOptions& options) {
  const auto count = types::parse_integer(context.argument(i + 1));
  if (!count || *count <= 0) return context.reply.error("ERR Number of IDs must be a positive integer"), false;
  options.first_id = i + 2;
  if (static_cast<std::uint64_t>(*count) > context.arguments.size() - options.first_id) {
    context.reply.error("ERR The `numids` parameter must match the number of arguments");
    return false;
  }
  options.ids = static_cast<std::size_t>(*count);
  i += 1 + options.ids;
  return true;
}

// Reads the options from argument `at` on, in any order, each at most once.
std::optional<RemovalOptions> parse_removal_options(Context& context, std::size_t at) {
  RemovalOptions options;
  bool told = false;
  for (std::size_t i = at; i < context.arguments.size(); ++i) {
    const std::string_view argument = context.argument(i);
    const auto references = references_option(argument);
    if (!told && references) {
      options.references = *references;
      told = true;
    } else if (options.ids == 0 && i + 1 < context.arguments.size() && is_option(argument, "IDS")) {
      if (!parse_ids(context, i, options)) return std::nullopt;
    } else {
      return context.reply.syntax_error(), std::nullopt;
    }
  }
  if (options.ids == 0) return context.reply.syntax_error(), std::nullopt;
  return options;
}

// Reads all ids. Nothing: the error is replied.
std::optional<std::vector<StreamId>> parse_all(Context& context, const RemovalOptions& options) {
  std::vector<StreamId> ids;
  for (std::size_t i = 0; i < options.ids; ++i) {
    const auto id = id_argument(context, options.first_id + i);
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

void reply_none(Context& context, const RemovalOptions& options) {
  context.reply.array(options.ids);
  for (std::size_t i = 0; i < options.ids; ++i) context.reply.integer(kNone);
}

// Does a group still have to read or acknowledge the entry? True if the stream has no groups.
bool is_awaited(const Stream& stream, const StreamId& id) {
  return stream.groups().empty() || stream.awaited(id);
}

// Would remove() change anything?
bool removes(const Stream& stream, const StreamId& id, References references) {
  if (references == References::kDrop && stream.pending(id)) return true;
  return stream.contains(id) && (references != References::kRespect || !is_awaited(stream, id));
}

// The stream must be marked as changed if removes() is true.
std::int64_t remove(Stream& stream, const StreamId& id, References references) {
  if (references == References::kRespect && is_awaited(stream, id)) return stream.contains(id) ? kStays : kNone;
  if (references == References::kDrop) {
    for (const auto& group : stream.groups()) group->acknowledge(id);
  }
  return stream.erase(id) ? kGone : kNone;
}

}  // namespace

void xdelex(Context& context) {
  const auto options = parse_removal_options(context, 2);
  if (!options) return;
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  const auto ids = parse_all(context, *options);
  if (!ids) return;
  if (record == nullptr) return reply_none(context, *options);
  auto& stream = static_cast<Stream&>(*record->object());
  if (std::any_of(ids->begin(), ids->end(),
                  [&](const StreamId& id) { return removes(stream, id, options->references); })) {
    context.change(record);
  }
  context.reply.array(options->ids);
  bool gone = false;
  for (const StreamId& id : *ids) {
    const std::int64_t told = remove(stream, id, options->references);
    gone |= told == kGone;
    context.reply.integer(told);
  }
  if (gone) context.notify(kEventStream, "xdel", context.argument(1));
}

void xackdel(Context& context) {
  const auto options = parse_removal_options(context, 3);
  if (!options) return;
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  const auto ids = parse_all(context, *options);
  if (!ids) return;
  StreamGroup* group = record ? stream_of(*record).group(context.argument(2)) : nullptr;
  if (group == nullptr) return reply_none(context, *options);
  if (std::any_of(ids->begin(), ids->end(), [&](const StreamId& id) { return group->find_pending(id) != nullptr; })) {
    context.change(record);
  }
  auto& stream = static_cast<Stream&>(*record->object());
  context.reply.array(options->ids);
  bool gone = false;
  for (const StreamId& id : *ids) {
    if (!group->acknowledge(id)) {
      context.reply.integer(kNone);
      continue;
    }
    const std::int64_t told = remove(stream, id, options->references);
    gone |= told == kGone;
    // An entry that was deleted before counts as removed, too.
    context.reply.integer(told == kStays ? kStays : kGone);
  }
  if (gone) context.notify(kEventStream, "xdel", context.argument(1));
}

}  // namespace terrace::commands
