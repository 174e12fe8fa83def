// MEMORY: the memory that values and the server take.
#include <string>

#ifdef TERRACE_MIMALLOC
#include <mimalloc.h>
#endif

#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/runtime/store.h"
#include "src/server/info.h"
#include "storage/memory/allocation.h"

namespace terrace {
namespace {

// The size of an index entry.
constexpr std::size_t kEntryBytes = 16;

void usage(Context& context) {
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    if (!is_option(context.argument(i), "SAMPLES") || i + 1 >= context.arguments.size()) {
      return context.reply.syntax_error();
    }
    auto samples = integer_argument(context, ++i);
    if (!samples) return;
    if (*samples < 0) return context.reply.syntax_error();
  }
  const storage::Record* record = context.peek(context.argument(2));
  if (record == nullptr) return context.reply.null();
  context.reply.integer(static_cast<std::int64_t>(storage::Record::footprint(record) + kEntryBytes));
}

// Expiries are in the records.
void reply_database(Reply& reply, unsigned number, std::uint64_t keys) {
  reply.bulk("db." + std::to_string(number));
  reply.map(2);
  for (const auto& [name, bytes] : {std::pair{"main", keys * kEntryBytes}, {"expires", 0}}) {
    reply.bulk("overhead.hashtable." + std::string(name));
    reply.integer(static_cast<std::int64_t>(bytes));
  }
}

void stats(Context& context) {
  context.reveal_keyspace();
  MemoryFigures memory = context.parts<InfoParts>().info.memory();
  storage::Engine& engine = context.engine();
  std::uint64_t keys = 0;
  std::size_t filled = 0;
  for (unsigned i = 0; i < engine.database_count(); ++i) {
    keys += engine.database(i).size();
    filled += engine.database(i).size() > 0;
  }
  std::uint64_t overhead = memory.used - memory.records;
  const std::pair<std::string_view, std::uint64_t> figures[] = {
      {"peak.allocated", memory.peak},
      {"total.allocated", memory.used},
      {"startup.allocated", 0},
      {"replication.backlog", 0},
      {"clients.slaves", 0},
      {"clients.normal", memory.clients},
      {"cluster.links", 0},
      {"aof.buffer", 0},
      {"lua.caches", memory.script_caches},
      {"functions.caches", memory.function_caches},
      {"overhead.db.hashtable.lut", memory.index},
      {"overhead.db.hashtable.rehashing", 0},
      {"overhead.total", overhead},
      {"db.dict.rehashing.count", 0},
      {"keys.count", keys},
      {"keys.bytes-per-key", keys ? memory.records / keys : 0},
      {"dataset.bytes", memory.records}};
  auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
  };
  double fragmentation = memory.used ? static_cast<double>(memory.rss) / static_cast<double>(memory.used) : 0;
  const auto allocator = allocator_bytes(memory);
  const std::pair<std::string_view, double> ratios[] = {
      {"allocator-fragmentation.ratio", fragmentation}, {"allocator-rss.ratio", 1}, {"rss-overhead.ratio", 1}};
  context.reply.map(filled + std::size(figures) + std::size(allocator) + std::size(ratios) + 4);
  for (unsigned i = 0; i < engine.database_count(); ++i) {
    if (engine.database(i).size() > 0) reply_database(context.reply, i, engine.database(i).size());
  }
  for (const auto& [name, value] : figures) {
    context.reply.bulk(name);
    context.reply.integer(static_cast<std::int64_t>(value));
  }
  const auto reply_real = [&context](std::string_view name, double value) {
    context.reply.bulk(name);
    context.reply.real(value);
  };
  reply_real("dataset.percentage", share(memory.records, memory.used));
  reply_real("peak.percentage", share(memory.used, memory.peak));
  for (const auto& [name, value] : allocator) {
    context.reply.bulk(name);
    context.reply.integer(value);
  }
  for (const auto& [name, value] : ratios) reply_real(name, value);
  reply_real("fragmentation", fragmentation);
  context.reply.bulk("fragmentation.bytes");
  context.reply.integer(static_cast<std::int64_t>(memory.rss) - static_cast<std::int64_t>(memory.used));
}

void purge(Context& context) {
  storage::give_back_freed();
  context.reply.ok();
}

void doctor(Context& context) {
  MemoryFigures memory = context.parts<InfoParts>().info.memory();
  std::uint64_t counted = memory.used + (64u << 20);
  if (memory.rss > 2 * counted) {
    return context.reply.verbatim("The process holds " + std::to_string(memory.rss >> 20) +
                                  " MiB, records, index and clients account for " + std::to_string(memory.used >> 20) +
                                  " MiB of it. MEMORY PURGE gives back what the allocator keeps.");
  }
  context.reply.verbatim("The process holds " + std::to_string(memory.rss >> 20) +
                         " MiB of memory. Nothing stands out.");
}

void malloc_stats(Context& context) {
#ifdef TERRACE_MIMALLOC
  std::string text;
  mi_stats_print_out([](const char* part, void* out) { *static_cast<std::string*>(out) += part; }, &text);
  context.reply.verbatim(text);
#else
  context.reply.verbatim("Stats not supported for the current allocator");
#endif
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    Says whether anything about memory stands out.",
      "MALLOC-STATS",
      "    What the allocator tells about itself.",
      "PURGE",
      "    Gives back what the allocator keeps.",
      "STATS",
      "    What memory is used for.",
      "USAGE <key> [SAMPLES <count>]",
      "    What a key and its value take.",
  };
  reply_help(context, "MEMORY", kLines);
}

constexpr KeySpec kUsageKey[] = {{.flags = "RO", .index = 2}};
constexpr Argument kUsageArguments[] = {key(), option("SAMPLES", integer("count"))};

constexpr std::string_view kTellsOfShard = "nondeterministic_output request_policy:all_shards response_policy:special";

constexpr SubcommandRows kRows = {.categories = 0, .group = "server", .complexity = "O(1)"};

constexpr Command kSubcommands[] = {
    kRows.row("memory|doctor", 2, 0, doctor, "4.0.0", "Looks for what stands out.", {}, kTellsOfShard),
    kRows.row("memory|help", 2, kLoading | kStale, help, "4.0.0", "Lists the subcommands."),
    kRows.row("memory|malloc-stats", 2, 0, malloc_stats, "4.0.0", "Tells the allocator's figures.", {}, kTellsOfShard),
    kRows.row("memory|purge", 2, 0, purge, "4.0.0", "Gives back memory that is kept.", {},
              "request_policy:all_shards response_policy:all_succeeded"),
    kRows.row("memory|stats", 2, 0, stats, "4.0.0", "Tells what memory is used for.", {}, kTellsOfShard),
    {.name = "memory|usage",
     .arity = -3,
     .flags = kReadonly,
     .categories = 0,
     .keys = kUsageKey,
     .run = usage,
     .summary = "Tells what a key takes.",
     .since = "4.0.0",
     .group = "server",
     .complexity = "O(1)",
     .arguments = kUsageArguments},
};

constexpr Command kCommands[] = {
    container("memory", kSubcommands, "4.0.0", "server", "Commands about memory."),
};

}  // namespace

std::span<const Command> memory_commands() {
  return kCommands;
}

}  // namespace terrace
