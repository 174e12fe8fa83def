// The commands about the server and about whole databases: DBSIZE, FLUSHALL, SAVE, SHUTDOWN and others.
#include <sys/time.h>

#include <memory>
#include <string>
#include <vector>

#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/rows.h"
#include "src/config/settings.h"
#include "src/execution/context.h"
#include "src/execution/dispatcher.h"
#include "src/execution/session.h"
#include "src/execution/watched_keys.h"
#include "src/runtime/lifecycle.h"
#include "src/runtime/logger.h"
#include "src/runtime/store.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

io::Task<void> dbsize(Context& context) {
  co_await context.engine().resolve_overwrites(context.session.database);
  co_await context.wait_for_open_unit();
  context.reply.integer(static_cast<std::int64_t>(context.database().size()));
}

// ASYNC and SYNC make no difference: memory is always freed in the background.
bool flush_mode_valid(Context& context) {
  std::size_t count = context.arguments.size();
  if (count == 1 ||
      (count == 2 && (is_option(context.argument(1), "ASYNC") || is_option(context.argument(1), "SYNC")))) {
    return true;
  }
  context.reply.syntax_error();
  return false;
}

void flushdb(Context& context) {
  if (!flush_mode_valid(context)) return;
  context.flush(context.database_number());
  context.propagate({"FLUSHDB"});
  context.reply.ok();
}

void flushall(Context& context) {
  if (!flush_mode_valid(context)) return;
  for (unsigned i = 0; i < context.database_count(); ++i) context.flush(i);
  context.propagate({"FLUSHALL"});
  context.reply.ok();
}

// Finds the watched keys of a database that exist in it or in the other one: SWAPDB changes them. False: the handler
// must return; it is run again.
bool find_watched(Context& context, unsigned database, unsigned other, std::vector<std::string>& names) {
  const std::vector<std::string> watched = context.parts<ServerParts>().watched_keys.names_in(database);
  bool complete = true;
  for (const std::string& name : watched) complete &= context.need(name, database) & context.need(name, other);
  if (!complete) return false;
  for (const std::string& name : watched) {
    if (context.peek(name, database) != nullptr || context.peek(name, other) != nullptr) names.push_back(name);
  }
  return true;
}

void swapdb(Context& context) {
  const auto first = int32_argument(context, 1, "ERR invalid first DB index");
  if (!first) return;
  const auto second = int32_argument(context, 2, "ERR invalid second DB index");
  if (!second) return;
  const std::int64_t count = context.database_count();
  if (*first < 0 || *first >= count || *second < 0 || *second >= count) {
    return context.reply.error("ERR DB index is out of range");
  }
  const auto one = static_cast<unsigned>(*first), other = static_cast<unsigned>(*second);
  if (one == other) return context.reply.ok();
  std::vector<std::string> seen_in_one, seen_in_other;
  if (!find_watched(context, one, other, seen_in_one) || !find_watched(context, other, one, seen_in_other)) return;
  context.swap(one, other);
  for (const std::string& key : seen_in_one) context.note_replaced(key, one);
  for (const std::string& key : seen_in_other) context.note_replaced(key, other);
  context.propagate({"SWAPDB", context.argument(1), context.argument(2)});
  context.reply.ok();
}

void time(Context& context) {
  timeval now;
  gettimeofday(&now, nullptr);
  context.reply.array(2);
  context.reply.bulk_integer(now.tv_sec);
  context.reply.bulk_integer(now.tv_usec);
}

void lastsave(Context& context) {
  std::int64_t saved_ms = context.engine().statistics().last_checkpoint_ms;
  if (saved_ms == 0) saved_ms = context.parts<ServerParts>().lifecycle.started_ms;
  context.reply.integer(saved_ms / 1000);
}

io::Task<> save(Context& context) {
  storage::Engine& engine = context.engine();
  if (engine.checkpoint_running()) {
    context.reply.error("ERR Background save already in progress");
    co_return;
  }
  Result<void> saved = co_await engine.checkpoint();
  if (saved.ok()) {
    context.reply.ok();
  } else {
    context.reply.error("ERR " + saved.error().message);
  }
}

io::Task<> save_in_background(storage::Engine& engine, Logger& logger) {
  Result<void> saved = co_await engine.checkpoint();
  if (saved.ok()) {
    logger.notice("Background saving terminated with success");
  } else {
    logger.warning("Background saving failed: " + saved.error().message);
  }
}

void bgsave(Context& context) {
  bool schedule = context.arguments.size() == 2 && is_option(context.argument(1), "SCHEDULE");
  if (context.arguments.size() > 1 && !schedule) return context.reply.syntax_error();
  storage::Engine& engine = context.engine();
  if (engine.checkpoint_running()) {
    if (schedule) return context.reply.simple("Background saving scheduled");
    return context.reply.error("ERR Background save already in progress");
  }
  io::spawn(save_in_background(engine, context.parts<ServerParts>().logger));
  context.reply.simple("Background saving started");
}

// A checkpoint shortens the log.
void bgrewriteaof(Context& context) {
  storage::Engine& engine = context.engine();
  if (!engine.checkpoint_running()) io::spawn(save_in_background(engine, context.parts<ServerParts>().logger));
  context.reply.simple("Background append only file rewriting started");
}

void shutdown(Context& context) {
  bool save = false, nosave = false, abort = false;
  for (std::size_t i = 1; i < context.arguments.size(); ++i) {
    std::string_view option = context.argument(i);
    if (is_option(option, "NOSAVE")) {
      nosave = true;
    } else if (is_option(option, "SAVE")) {
      save = true;
    } else if (is_option(option, "ABORT")) {
      abort = true;
    } else if (!is_option(option, "NOW") && !is_option(option, "FORCE")) {
      return context.reply.syntax_error();
    }
  }
  if ((save && nosave) || (abort && context.arguments.size() > 2)) return context.reply.syntax_error();
  if (abort) return context.reply.error("ERR No shutdown in progress.");
  context.session.close_after_reply = true;
  context.parts<ServerParts>().lifecycle.end(nosave ? Lifecycle::Ending::kWithoutCheckpoint
                                                    : Lifecycle::Ending::kWithCheckpoint);
}

// Wakes the waiters for log positions at `deadline_us`, unless the command that started this has ended: `waiting` has
// expired then.
io::Task<> look_again(Context& context, std::int64_t deadline_us, std::weak_ptr<bool> waiting) {
  // A long timeout leaves no timer behind, and does not delay the end of the server.
  constexpr std::int64_t kMaxSleepUs = 100 * 1000;
  storage::Engine& engine = context.engine();
  io::Clock& clock = context.clock();
  while (!waiting.expired() && clock.monotonic_us() < deadline_us) {
    co_await clock.sleep_us(std::min(deadline_us - clock.monotonic_us(), kMaxSleepUs));
  }
  if (!waiting.expired()) engine.position_changed().notify();
}

// Waits until the log is durable up to `position`, or until the timeout (0: none).
io::Task<> wait_durable(Context& context, std::uint64_t position, std::int64_t timeout_ms) {
  storage::Engine& engine = context.engine();
  io::Clock& clock = context.clock();
  const std::int64_t end_us = io::deadline_us(clock.monotonic_us(), timeout_ms);
  const auto waiting = std::make_shared<bool>(true);
  if (end_us != io::kNever) io::spawn(look_again(context, end_us, waiting));
  while (engine.durable_position() < position && !engine.log_failed() && clock.monotonic_us() < end_us) {
    co_await engine.position_changed().wait();
  }
}

// There are no replicas: a client that asks for some waits until the timeout, or until it disconnects.
io::Task<> wait_for_replicas(Context& context, std::int64_t timeout_ms) {
  constexpr std::int64_t kLookMs = 10;
  io::Clock& clock = context.clock();
  const std::int64_t end_us = io::deadline_us(clock.monotonic_us(), timeout_ms);
  while (clock.monotonic_us() < end_us && !context.session.closing) co_await clock.sleep_ms(kLookMs);
}

io::Task<> waitaof(Context& context) {
  auto local = parse_integer(context.argument(1));
  auto replicas = parse_integer(context.argument(2));
  if (!local || !replicas || *local < 0 || *local > 1 || *replicas < 0) {
    context.reply.error("ERR value is out of range, must be positive");
    co_return;
  }
  const auto timeout_ms = milliseconds_timeout_argument(context, 3);
  if (!timeout_ms) co_return;
  storage::Engine& engine = context.engine();
  const std::uint64_t position = engine.end_position();
  if (!context.in_transaction()) {
    if (*local > 0) co_await wait_durable(context, position, *timeout_ms);
    if (*replicas > 0) co_await wait_for_replicas(context, *timeout_ms);
  }
  context.reply.array(2);
  context.reply.integer(engine.durable_position() >= position ? 1 : 0);
  context.reply.integer(0);
}

// With `replicaof` the server stands as a replica does whose master cannot be reached.
void role(Context& context) {
  const std::string& master = context.parts<ServerParts>().settings.replica_of;
  if (!master.empty()) {
    const std::size_t blank = master.find(' ');
    context.reply.array(5);
    context.reply.bulk("slave");
    context.reply.bulk(std::string_view(master).substr(0, blank));
    context.reply.integer(parse_integer(std::string_view(master).substr(blank + 1)).value_or(0));
    context.reply.bulk("connect");
    context.reply.integer(-1);
    return;
  }
  context.reply.array(3);
  context.reply.bulk("master");
  context.reply.integer(0);
  context.reply.array(0);
}

constexpr Argument kFlushChoice[] = {since("4.0.0", token("async", "ASYNC")), since("6.2.0", token("sync", "SYNC"))};
constexpr Argument kFlushArguments[] = {optional(one_of("async", kFlushChoice))};
constexpr Argument kSwapArguments[] = {integer("index1"), integer("index2")};
constexpr Argument kBgsaveArguments[] = {since("3.2.2", optional(token("schedule", "SCHEDULE")))};
constexpr Argument kSaveChoice[] = {token("nosave", "NOSAVE"), token("save", "SAVE")};
constexpr Argument kShutdownArguments[] = {
    optional(one_of("nosave_save", kSaveChoice)),
    since("7.0.0", optional(token("now", "NOW"))),
    since("7.0.0", optional(token("force", "FORCE"))),
    since("7.0.0", optional(token("abort", "ABORT"))),
};
constexpr Argument kWaitaofArguments[] = {integer("numlocal"), integer("numreplicas"), integer("timeout")};

constexpr Change kBgsaveHistory[] = {{"3.2.2", "The option `SCHEDULE`."}};
constexpr Change kFlushHistory[] = {{"4.0.0", "The option `ASYNC`."}, {"6.2.0", "The option `SYNC`."}};
constexpr Change kShutdownHistory[] = {{"7.0.0", "The options `NOW`, `FORCE` and `ABORT`."}};

constexpr std::uint32_t kSaveFlags = kAdmin | kNoScript | kNoAsyncLoading;
constexpr std::uint32_t kDangerousKeyspace = kCategoryKeyspace | kCategoryDangerous;
constexpr std::uint32_t kDangerousAdmin = kCategoryAdmin | kCategoryDangerous;

constexpr Command kCommands[] = {
    {.name = "bgrewriteaof",
     .arity = 1,
     .flags = kSaveFlags,
     .categories = 0,
     .keys = {},
     .run = bgrewriteaof,
     .summary = "Makes the log short by a checkpoint.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1)"},
    {.name = "bgsave",
     .arity = -1,
     .flags = kSaveFlags,
     .categories = 0,
     .keys = {},
     .run = bgsave,
     .summary = "Writes a checkpoint while commands go on.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1)",
     .history = kBgsaveHistory,
     .arguments = kBgsaveArguments},
    {.name = "dbsize",
     .arity = 1,
     .flags = kReadonly | kFast | kWholeKeyspace,
     .categories = kCategoryKeyspace,
     .keys = {},
     .run_async = dbsize,
     .summary = "Counts the keys of the database.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:agg_sum"},
    {.name = "flushall",
     .arity = -1,
     .flags = kWrite | kWholeKeyspace,
     .categories = kDangerousKeyspace,
     .keys = {},
     .run = flushall,
     .summary = "Empties all databases.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1); memory is freed behind.",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .history = kFlushHistory,
     .arguments = kFlushArguments},
    {.name = "flushdb",
     .arity = -1,
     .flags = kWrite | kWholeKeyspace,
     .categories = kDangerousKeyspace,
     .keys = {},
     .run = flushdb,
     .summary = "Empties the database.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1); memory is freed behind.",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .history = kFlushHistory,
     .arguments = kFlushArguments},
    {.name = "lastsave",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .categories = kDangerousAdmin,
     .keys = {},
     .run = lastsave,
     .summary = "Tells when the last checkpoint was written.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1)",
     .tips = "nondeterministic_output"},
    {.name = "role",
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast,
     .categories = kDangerousAdmin,
     .keys = {},
     .run = role,
     .summary = "Tells the server's part in replication.",
     .since = "2.8.12",
     .group = "server",
     .complexity = "O(1)"},
    {.name = "save",
     .arity = 1,
     .flags = kSaveFlags | kNoMulti,
     .categories = 0,
     .keys = {},
     .run_async = save,
     .summary = "Writes a checkpoint and answers when it is durable.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(N), N being the number of keys changed since the last one."},
    {.name = "shutdown",
     .arity = -1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy,
     .categories = 0,
     .keys = {},
     .run = shutdown,
     .summary = "Ends the server, by default with a checkpoint.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(N), N being the number of changed keys.",
     .history = kShutdownHistory,
     .arguments = kShutdownArguments},
    {.name = "swapdb",
     .arity = 3,
     .flags = kWrite | kFast | kWholeKeyspace,
     .categories = kDangerousKeyspace,
     .keys = {},
     .run = swapdb,
     .summary = "Exchanges two databases.",
     .since = "4.0.0",
     .group = "server",
     .complexity = "O(1)",
     .arguments = kSwapArguments},
    {.name = "time",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .categories = 0,
     .keys = {},
     .run = time,
     .summary = "Tells the server's time.",
     .since = "2.6.0",
     .group = "server",
     .complexity = "O(1)",
     .tips = "nondeterministic_output"},
    {.name = "waitaof",
     .arity = 4,
     .flags = kNoScript,
     .categories = kCategoryConnection,
     .keys = {},
     .run_async = waitaof,
     .summary = "Waits until what was written before is durable.",
     .since = "7.2.0",
     .group = "generic",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:agg_min",
     .arguments = kWaitaofArguments},
};

}  // namespace

std::span<const Command> server_commands() {
  return kCommands;
}

}  // namespace terrace
