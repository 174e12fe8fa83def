// Pending entries: XPENDING lists them, XCLAIM and XAUTOCLAIM give them to another consumer.
#include <limits>
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
using types::StreamGroup;
using types::StreamId;

std::optional<std::int64_t> number_or(Context& context, std::size_t index, std::string_view error) {
  const auto number = types::parse_integer(context.argument(index));
  if (!number) context.reply.error(error);
  return number;
}

// The group that argument 2 names. nullptr: the error is replied.
StreamGroup* find_group(Context& context, const Record* record) {
  if (!type_or_absent(context, record, ValueType::kStream)) return nullptr;
  StreamGroup* group = record ? stream_of(*record).group(context.argument(2)) : nullptr;
  if (group == nullptr) no_key_or_group(context, context.argument(1), context.argument(2));
  return group;
}

// Gives pending entries to one consumer.
class Claim {
 public:
  struct How {
    std::int64_t min_idle_ms = 0;
    std::int64_t delivered_ms = 0;
    std::optional<std::uint64_t> deliveries;  // nothing: one more than before
    bool active = true;                       // false: the log tells of an entry that was read once more
    bool only_ids = false;                    // JUSTID: replies only ids, and does not count a delivery
  };

  Claim(Context& context, const Stream& stream, StreamGroup& group, StreamConsumer& consumer, const How& how)
      : context_(context),
        stream_(stream),
        group_(group),
        consumer_(consumer),
        how_(how),
        part_(context.reply),
        reply_(part_.reply()) {}

  // The entry has been deleted: it is no longer pending.
  void forget(const PendingEntry& entry) {
    propagate_pending(context_, context_.argument(1), group_, entry);
    group_.acknowledge(entry.id);
  }
  bool idle_long_enough(const PendingEntry& entry) const {
    return time_since(context_.now_ms, entry.delivered_ms) >= how_.min_idle_ms;
  }
  // `deliveries`: of the entry until now.
  void take(const StreamId& id, std::uint64_t deliveries) {
    // The log's time of a claim is that of the delivery.
    if (how_.active) consumer_.active_ms = context_.replaying() ? how_.delivered_ms : context_.now_ms;
    if (how_.deliveries) {
      deliveries = *how_.deliveries;
    } else if (!how_.only_ids) {
      ++deliveries;
    }
    group_.set_pending(id, consumer_, how_.delivered_ms, deliveries);
    if (how_.only_ids) {
      reply_id(reply_, id);
    } else {
      reply_entry(reply_, stream_, id);
    }
    ++taken_;
    propagate_pending(context_, context_.argument(1), group_, *group_.find_pending(id));
  }
  void reply() {
    context_.reply.array(taken_);
    part_.append_to_whole();
  }

 private:
  Context& context_;
  const Stream& stream_;
  StreamGroup& group_;
  StreamConsumer& consumer_;
  const How& how_;
  ReplyPart part_;
  Reply& reply_;
  std::size_t taken_ = 0;
};

struct ClaimOptions {
  Claim::How how;
  std::vector<StreamId> ids;
  StreamId last_id;
  bool force = false;
};

// Reads one option at `i` and moves `i` to its last argument. False: the error is replied.
bool parse_claim_option(Context& context, std::size_t& i, ClaimOptions& options, std::int64_t& delivered_ms) {
  const std::string_view argument = context.argument(i);
  const bool more = i + 1 < context.arguments.size();
  std::optional<std::int64_t> number;
  if (is_option(argument, "FORCE")) {
    options.force = true;
  } else if (is_option(argument, "JUSTID")) {
    options.how.only_ids = true;
  } else if (is_option(argument, "IDLE") && more) {
    number = number_or(context, ++i, "ERR Invalid IDLE option argument for XCLAIM");
    if (!number) return false;
    // As in Redis, a time that is out of range counts as now.
    if (__builtin_sub_overflow(context.now_ms, *number, &delivered_ms)) delivered_ms = context.now_ms;
  } else if (is_option(argument, "TIME") && more) {
    number = number_or(context, ++i, "ERR Invalid TIME option argument for XCLAIM");
    if (!number) return false;
    delivered_ms = *number;
  } else if (is_option(argument, "RETRYCOUNT") && more) {
    number = number_or(context, ++i, "ERR Invalid RETRYCOUNT option argument for XCLAIM");
    if (!number) return false;
    options.how.deliveries.reset();
    // In the log any number may occur: deliveries are counted on from a restored number.
    if (*number >= 0 || context.replaying()) options.how.deliveries = static_cast<std::uint64_t>(*number);
  } else if (is_option(argument, "LASTID") && more) {
    const auto id = id_argument(context, ++i);
    if (!id) return false;
    options.last_id = *id;
    options.how.active = true;
  } else {
    context.reply.error("ERR Unrecognized XCLAIM option '" + shown(argument) + "'");
    return false;
  }
  return true;
}

std::optional<ClaimOptions> parse_claim(Context& context) {
  ClaimOptions options;
  options.how.active = !context.replaying();
  const auto min_idle = number_or(context, 4, "ERR Invalid min-idle-time argument for XCLAIM");
  if (!min_idle) return std::nullopt;
  options.how.min_idle_ms = std::max<std::int64_t>(*min_idle, 0);
  std::size_t i = 5;
  for (; i < context.arguments.size(); ++i) {
    const auto id = parse_id(context.argument(i));
    if (!id) break;
    options.ids.push_back(*id);
  }
  std::int64_t delivered_ms = context.now_ms;
  for (; i < context.arguments.size(); ++i) {
    if (!parse_claim_option(context, i, options, delivered_ms)) return std::nullopt;
  }
  const bool bogus = delivered_ms < 0 || delivered_ms > context.now_ms;
  options.how.delivered_ms = bogus ? context.now_ms : delivered_ms;
  return options;
}

struct PendingRange {
  std::int64_t min_idle_ms = 0;
  std::int64_t count = 0;
  StreamId first, last;
  std::string_view consumer;
  bool of_consumer = false;
};

std::optional<PendingRange> parse_range(Context& context) {
  PendingRange range;
  std::size_t at = 3;
  if (is_option(context.argument(at), "IDLE")) {
    const auto min_idle = integer_argument(context, at + 1);
    if (!min_idle) return std::nullopt;
    if (context.arguments.size() < 8) return context.reply.syntax_error(), std::nullopt;
    range.min_idle_ms = *min_idle;
    at += 2;
  }
  const auto count = integer_argument(context, at + 2);
  if (!count) return std::nullopt;
  const auto first = interval_argument(context, at, IntervalEnd::kFirst);
  if (!first) return std::nullopt;
  const auto last = interval_argument(context, at + 1, IntervalEnd::kLast);
  if (!last) return std::nullopt;
  range.count = std::max<std::int64_t>(*count, 0);
  range.first = *first;
  range.last = *last;
  range.of_consumer = at + 3 < context.arguments.size();
  if (range.of_consumer) range.consumer = context.argument(at + 3);
  return range;
}

void reply_summary(Context& context, const StreamGroup& group) {
  Reply& reply = context.reply;
  const auto& pending = group.pending();
  reply.array(4);
  reply.integer(static_cast<std::int64_t>(pending.size()));
  if (pending.empty()) {
    reply.null();
    reply.null();
    return reply.null_array();
  }
  reply_id(reply, pending[pending.begin()].id);
  reply_id(reply, pending[pending.last()].id);
  ReplyPart part(reply);
  Reply& consumers = part.reply();
  std::size_t told = 0;
  for (const auto& consumer : group.consumers()) {
    if (consumer->pending.empty()) continue;
    consumers.array(2);
    consumers.bulk(consumer->name);
    consumers.bulk_integer(static_cast<std::int64_t>(consumer->pending.size()));
    ++told;
  }
  reply.array(told);
  part.append_to_whole();
}

// Replies those pending entries whose ids lie in the interval.
template <typename Row>
void reply_range(Context& context, const StreamGroup& group, const Row& row, const PendingRange& range) {
  ReplyPart part(context.reply);
  Reply& entries = part.reply();
  std::int64_t told = 0;
  for (auto at = row.lower_bound(range.first); at != row.end() && told < range.count; at = row.next(at)) {
    if (row[at].id > range.last) break;
    const PendingEntry& entry = *group.find_pending(row[at].id);
    const std::int64_t idle_ms = time_since(context.now_ms, entry.delivered_ms);
    if (idle_ms < range.min_idle_ms) continue;
    entries.array(4);
    reply_id(entries, entry.id);
    entries.bulk(entry.consumer->name);
    entries.integer(idle_ms);
    entries.integer(static_cast<std::int64_t>(entry.deliveries));
    ++told;
  }
  context.reply.array(static_cast<std::size_t>(told));
  part.append_to_whole();
}

}  // namespace

void xpending(Context& context) {
  const std::size_t arguments = context.arguments.size();
  const bool summary = arguments == 3;
  if (!summary && (arguments < 6 || arguments > 9)) return context.reply.syntax_error();
  const auto range = summary ? std::optional(PendingRange{}) : parse_range(context);
  if (!range) return;
  const StreamGroup* group = find_group(context, context.read(context.argument(1)));
  if (group == nullptr) return;
  if (summary) return reply_summary(context, *group);
  if (!range->of_consumer) return reply_range(context, *group, group->pending(), *range);
  const StreamConsumer* consumer = group->consumer(range->consumer);
  if (consumer == nullptr) return context.reply.array(0);
  reply_range(context, *group, consumer->pending, *range);
}

void xclaim(Context& context) {
  Record* record = counted_stream(context, context.argument(1));
  StreamGroup* group = find_group(context, record);
  if (group == nullptr) return;
  const auto options = parse_claim(context);
  if (!options) return;
  const Stream& stream = stream_of(*record);
  StreamConsumer& consumer = seen_consumer(context, record, *group, context.argument(3));
  context.change(record, KeyEvent::kUnseen);
  context.propagate_nothing();
  bool read_on = options->last_id > group->last_id;
  if (read_on) group->last_id = options->last_id;
  Claim claim(context, stream, *group, consumer, options->how);
  for (const StreamId& id : options->ids) {
    const PendingEntry* entry = group->find_pending(id);
    if (!stream.contains(id)) {
      if (entry == nullptr) continue;
      claim.forget(*entry);
    } else if (entry != nullptr) {
      if (!claim.idle_long_enough(*entry)) continue;
      claim.take(id, entry->deliveries);
    } else if (options->force) {
      claim.take(id, 1);
    } else {
      continue;
    }
    read_on = false;  // the effect of the claim has the position
  }
  claim.reply();
  if (read_on) propagate_position(context, context.argument(1), *group);
}

void xautoclaim(Context& context) {
  constexpr std::int64_t kAttempts = 10;  // entries that are examined for each entry of the count
  constexpr std::int64_t kMostCount =
      std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(sizeof(StreamId));
  Record* record = counted_stream(context, context.argument(1));
  Claim::How how;
  how.delivered_ms = context.now_ms;
  const auto min_idle = number_or(context, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM");
  if (!min_idle) return;
  how.min_idle_ms = std::max<std::int64_t>(*min_idle, 0);
  const auto first = interval_argument(context, 5, IntervalEnd::kFirst);
  if (!first) return;
  std::int64_t count = 100;
  for (std::size_t i = 6; i < context.arguments.size(); ++i) {
    if (is_option(context.argument(i), "COUNT") && i + 1 < context.arguments.size()) {
      const auto number = types::parse_integer(context.argument(++i));
      if (!number || *number < 1 || *number > kMostCount) return context.reply.error("ERR COUNT must be > 0");
      count = *number;
    } else if (is_option(context.argument(i), "JUSTID")) {
      how.only_ids = true;
    } else {
      return context.reply.syntax_error();
    }
  }
  StreamGroup* group = find_group(context, record);
  if (group == nullptr) return;
  const Stream& stream = stream_of(*record);
  StreamConsumer& consumer = seen_consumer(context, record, *group, context.argument(3));
  context.change(record, KeyEvent::kUnseen);
  context.propagate_nothing();
  Claim claim(context, stream, *group, consumer, how);
  std::vector<StreamId> gone;
  auto at = group->pending().lower_bound(*first);
  for (std::int64_t attempts = count * kAttempts; attempts > 0 && count > 0 && at != group->pending().end();
       --attempts) {
    const PendingEntry entry = group->pending()[at];
    if (!stream.contains(entry.id)) {
      gone.push_back(entry.id);
      claim.forget(entry);
      --count;
      at = group->pending().lower_bound(entry.id);
      continue;
    }
    if (claim.idle_long_enough(entry)) {
      claim.take(entry.id, entry.deliveries);
      --count;
    }
    at = group->pending().next(at);
  }
  context.reply.array(3);
  reply_id(context.reply, at == group->pending().end() ? StreamId{} : group->pending()[at].id);
  claim.reply();
  context.reply.array(gone.size());
  for (const StreamId& id : gone) reply_id(context.reply, id);
}

}  // namespace terrace::commands
