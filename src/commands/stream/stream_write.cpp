// The stream commands that add and remove entries.
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/stream/stream_access.h"
#include "src/commands/stream/stream_handlers.h"
#include "src/text/number.h"
#include "src/types/encoding/collection_limits.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::IntegerText;
using types::Stream;
using types::StreamId;
using types::StreamIdText;
using types::StreamReferences;
using types::StreamTrim;

struct WriteOptions {
  StreamTrim trim;
  std::size_t threshold_at = 0;  // index of the threshold among the arguments, behind "=" or "~"
  bool no_stream = false;
  std::optional<types::ParsedStreamId> id;  // nothing: "*"
  std::size_t id_at = 0;
};

bool is_mark(std::string_view argument, std::string_view mark) {
  return until_nul(argument) == mark;
}

// Reads the arguments behind MAXLEN or MINID at `i` and moves `i` to the last of them.
bool parse_trim(Context& context, std::size_t& i, bool by_length, WriteOptions& options) {
  if (options.trim.by != StreamTrim::By::kNothing) {
    context.reply.error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    return false;
  }
  options.trim.approximate = false;
  if (i + 2 < context.arguments.size()) {
    options.trim.approximate = is_mark(context.argument(i + 1), "~");
    if (options.trim.approximate || is_mark(context.argument(i + 1), "=")) ++i;
  }
  ++i;
  if (by_length) {
    const auto length = integer_argument(context, i);
    if (!length) return false;
    if (*length < 0) return context.reply.error("ERR The MAXLEN argument must be >= 0."), false;
    options.trim.length = static_cast<std::uint64_t>(*length);
    options.trim.by = StreamTrim::By::kLength;
  } else {
    const auto id = id_argument(context, i);
    if (!id) return false;
    options.trim.first = *id;
    options.trim.by = StreamTrim::By::kId;
  }
  options.threshold_at = i;
  return true;
}

// Sets how many entries are trimmed at most: LIMIT, or about a hundred nodes. Trimming in the log is exact.
bool settle_limit(Context& context, std::optional<std::int64_t> limit, WriteOptions& options) {
  if (limit.value_or(0) != 0 && options.trim.by == StreamTrim::By::kNothing) {
    context.reply.error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    return false;
  }
  if (options.id_at == 0 && options.trim.by == StreamTrim::By::kNothing) {
    context.reply.error("ERR syntax error, XTRIM must be called with a valid trimming strategy");
    return false;
  }
  if (context.replaying()) return true;
  if (limit) {
    options.trim.limit = static_cast<std::uint64_t>(*limit);
    if (options.trim.approximate) return true;
    context.reply.error("ERR syntax error, LIMIT cannot be used without the special ~ option");
    return false;
  }
  if (!options.trim.approximate) return true;
  constexpr std::int64_t kUsual = 10000, kMost = 1000000;
  const auto hundred_nodes =
      static_cast<std::int64_t>(100 * static_cast<std::uint64_t>(collection_limits(context).stream_node_max_entries));
  options.trim.limit = static_cast<std::uint64_t>(hundred_nodes <= 0 ? kUsual : std::min(hundred_nodes, kMost));
  return true;
}

std::optional<WriteOptions> parse_write_options(Context& context, bool adds) {
  WriteOptions options;
  std::optional<std::int64_t> limit;
  std::optional<StreamReferences> references;
  std::size_t i = 2;
  for (; i < context.arguments.size(); ++i) {
    const std::string_view argument = context.argument(i);
    const bool more = i + 1 < context.arguments.size();
    const bool by_length = more && is_option(argument, "MAXLEN");
    if (adds && is_mark(argument, "*")) break;
    if (by_length || (more && is_option(argument, "MINID"))) {
      if (!parse_trim(context, i, by_length, options)) return std::nullopt;
    } else if (more && is_option(argument, "LIMIT")) {
      limit = integer_argument(context, ++i);
      if (!limit) return std::nullopt;
      if (*limit < 0) return context.reply.error("ERR The LIMIT argument must be >= 0."), std::nullopt;
    } else if (const auto told = references_option(argument)) {
      if (references) return context.reply.syntax_error(), std::nullopt;
      references = told;
      options.trim.references = *told;
    } else if (adds && is_option(argument, "NOMKSTREAM")) {
      options.no_stream = true;
    } else if (adds) {
      options.id = types::parse_stream_id(argument, 0, true);
      if (!options.id) return invalid_id(context.reply), std::nullopt;
      break;
    } else {
      return context.reply.syntax_error(), std::nullopt;
    }
  }
  if (adds) options.id_at = i;
  if (!settle_limit(context, limit, options)) return std::nullopt;
  return options;
}

// The id of the new entry. Nothing: it would not be greater than the last id.
std::optional<StreamId> new_id(const Context& context, const WriteOptions& options, const StreamId& last) {
  std::optional<StreamId> id;
  if (!options.id) {
    const auto now_ms = static_cast<std::uint64_t>(context.now_ms);
    id = now_ms > last.ms ? StreamId{now_ms, 0} : last.next();
  } else if (options.id->has_sequence || options.id->id.ms != last.ms) {
    id = options.id->id;
  } else if (last.sequence != StreamId::greatest().sequence) {
    id = StreamId{last.ms, last.sequence + 1};
  }
  return id && *id > last ? id : std::nullopt;
}

// Propagates the command with the exact result of trimming in place of its threshold, and with the generated id (`id`;
// of XADD alone).
void propagate_as_done(Context& context, const WriteOptions& options, const Stream& stream, std::string_view id = {}) {
  std::vector<std::string_view> effect(context.arguments.begin(), context.arguments.end());
  if (options.id_at != 0) effect[options.id_at] = id;
  if (!options.trim.approximate) return context.propagate(effect);
  const StreamIdText first(stream.size() > 0 ? stream.first_id() : StreamId::greatest());
  const IntegerText length(static_cast<std::int64_t>(stream.size()));
  // If entries stay because groups refer to them, the first entry does not tell which ones were removed.
  const bool by_length =
      options.trim.by == StreamTrim::By::kLength || options.trim.references == StreamReferences::kRespect;
  if (by_length) effect[options.threshold_at - 2] = "MAXLEN";
  effect[options.threshold_at - 1] = "=";
  effect[options.threshold_at] = by_length ? length.view() : first.view();
  context.propagate(effect);
}

std::size_t bytes_of(std::span<const std::string_view> texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return bytes;
}

}  // namespace

void xadd(Context& context) {
  const auto options = parse_write_options(context, true);
  if (!options) return;
  const std::size_t first_pair = std::min(options->id_at + 1, context.arguments.size());
  const auto pairs = context.arguments.subspan(first_pair);
  if (pairs.size() < 2 || pairs.size() % 2 == 1) return wrong_argument_count(context);
  if (options->id && options->id->has_sequence && options->id->id.zero()) {
    return context.reply.error("ERR The ID specified in XADD must be greater than 0-0");
  }
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  if (record == nullptr && options->no_stream) return context.reply.null();
  const StreamId last = record ? stream_of(*record).last_id() : StreamId{};
  if (last == StreamId::greatest()) {
    return context.reply.error("ERR The stream has exhausted the last possible ID, unable to add more items");
  }
  const auto id = new_id(context, *options, last);
  if (!id) {
    return context.reply.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  }
  if (bytes_of(pairs) > Stream::kMaxEntryBytes) return context.reply.error("ERR Elements are too large to be stored");
  const types::CollectionLimits& limits = collection_limits(context);
  Stream& stream = record ? changed_stream(context, record) : new_stream(context, key);
  stream.append(*id, pairs,
                {.bytes = static_cast<std::uint64_t>(limits.stream_node_max_bytes),
                 .entries = static_cast<std::uint64_t>(limits.stream_node_max_entries)});
  context.notify(kEventStream, "xadd", key);
  if (stream.trim(options->trim) > 0) context.notify(kEventStream, "xtrim", key);
  context.extended(key, ValueType::kStream);
  const StreamIdText text(*id);
  context.reply.bulk(text.view());
  propagate_as_done(context, *options, stream, text);
}

void xtrim(Context& context) {
  const auto options = parse_write_options(context, false);
  if (!options) return;
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  if (record == nullptr || !stream_of(*record).would_trim(options->trim)) return context.reply.integer(0);
  context.change(record, KeyEvent::kUnseen);
  auto& stream = static_cast<Stream&>(*record->object());
  const std::uint64_t gone = stream.trim(options->trim);
  context.reply.integer(static_cast<std::int64_t>(gone));
  // Nodes of deleted entries may be freed even if no entry is removed.
  if (gone > 0) {
    context.signal_modified(*record);
    context.notify(kEventStream, "xtrim", context.argument(1));
    propagate_as_done(context, *options, stream);
  } else {
    context.propagate_nothing();
  }
}

void xdel(Context& context) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  if (record == nullptr) return context.reply.integer(0);
  std::vector<StreamId> ids;
  for (std::size_t i = 2; i < context.arguments.size(); ++i) {
    const auto id = id_argument(context, i);
    if (!id) return;
    if (stream_of(*record).contains(*id)) ids.push_back(*id);
  }
  if (ids.empty()) return context.reply.integer(0);
  Stream& stream = changed_stream(context, record);
  std::int64_t gone = 0;
  for (const StreamId& id : ids) gone += stream.erase(id) ? 1 : 0;
  context.notify(kEventStream, "xdel", context.argument(1));
  context.reply.integer(gone);
}

void xsetid(Context& context) {
  const auto id = id_argument(context, 2);
  if (!id) return;
  std::optional<std::int64_t> added;
  StreamId max_deleted;
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    const bool more = i + 1 < context.arguments.size();
    if (more && is_option(context.argument(i), "ENTRIESADDED")) {
      added = integer_argument(context, ++i);
      if (!added) return;
      if (*added < 0) return context.reply.error("ERR entries_added must be positive");
    } else if (more && is_option(context.argument(i), "MAXDELETEDID")) {
      const auto given = id_argument(context, ++i);
      if (!given) return;
      max_deleted = *given;
      if (*id < max_deleted) {
        return context.reply.error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      }
    } else {
      return context.reply.syntax_error();
    }
  }
  Record* record = context.write(context.argument(1));
  if (record == nullptr) return context.reply.error("ERR no such key");
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  const Stream& now = stream_of(*record);
  if (now.size() > 0 && *id < now.last_entry_id()) {
    return context.reply.error("ERR The ID specified in XSETID is smaller than the target stream top item");
  }
  if (added && now.size() > static_cast<std::uint64_t>(*added)) {
    return context.reply.error("ERR The entries_added specified in XSETID is smaller than the target stream length");
  }
  Stream& stream = changed_groups(context, record);
  stream.set_last_id(*id);
  if (added) stream.set_entries_added(static_cast<std::uint64_t>(*added));
  if (!max_deleted.zero()) stream.set_max_deleted_id(max_deleted);
  context.notify(kEventStream, "xsetid", context.argument(1));
  context.reply.ok();
}

}  // namespace terrace::commands
