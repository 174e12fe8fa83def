// DEBUG POPULATE count [prefix] [size]: makes the keys prefix:0, prefix:1, … that are not there yet.
#include <algorithm>
#include <string>
#include <vector>

#include "io/slice.h"
#include "src/commands/families.h"
#include "src/commands/server/debug_handlers.h"
#include "src/execution/dispatcher.h"
#include "src/text/integer.h"

namespace terrace::commands {
namespace {

// The server's own work; it is counted, as only then are there replies, which say whether it was refused.
constexpr Origin kPopulating{.is_client = false,
                             .admitted = true,
                             .logged = true,
                             .answered = true,
                             .counted = true,
                             .expires = true,
                             .observed = true,
                             .turn_ns = io::Slice::kDurationUs * 1000};

struct Population {
  std::int64_t count = 0;
  std::string_view prefix = "key";
  std::int64_t size = 0;  // of each value; 0: as long as its text
};

std::optional<std::int64_t> positive_argument(Context& context, std::size_t index) {
  const auto number = parse_integer(context.argument(index));
  if (number && *number >= 0) return number;
  context.reply.error("ERR value is out of range, must be positive");
  return std::nullopt;
}

std::optional<Population> parse(Context& context) {
  Population population;
  const auto count = positive_argument(context, 2);
  if (!count) return std::nullopt;
  population.count = *count;
  if (context.arguments.size() > 3) population.prefix = context.argument(3);
  if (context.arguments.size() > 4) {
    const auto size = positive_argument(context, 4);
    if (!size) return std::nullopt;
    population.size = *size;
  }
  return population;
}

// Runs batches of SET commands with the option NX through the dispatcher, in a separate session.
class Populator {
 public:
  Populator(Dispatcher& dispatcher, unsigned database) : dispatcher_(dispatcher) { session_.database = database; }

  void add(const Population& population, std::int64_t number) {
    const std::string suffix = ":" + std::to_string(number);
    std::string value = "value" + suffix;
    if (population.size > 0) value.resize(static_cast<std::size_t>(population.size));
    pairs_.push_back(std::string(population.prefix) + suffix);
    pairs_.push_back(std::move(value));
  }

  // Makes the keys that were added. Returns the error of the first one that was refused.
  io::Task<std::string> run(io::Clock& clock) {
    std::unique_ptr<CommandBatch> batch = dispatcher_.pool().take();
    batch->begin(session_, replies_, kPopulating, clock.wall_ms());
    RequestBatch& requests = batch->requests;
    for (std::size_t i = 0; i < pairs_.size(); i += 2) {
      requests.requests.push_back({static_cast<std::uint32_t>(requests.arguments.size()), 4, {}});
      requests.arguments.insert(requests.arguments.end(), {"SET", pairs_[i], pairs_[i + 1], "NX"});
    }
    while (!dispatcher_.run(*batch)) co_await dispatcher_.wait(*batch);
    dispatcher_.pool().give_back(std::move(batch));
    pairs_.clear();
    const std::string replies = "\n" + replies_.bytes();
    replies_ = OutputBuffer();
    const std::size_t error = replies.find("\n-");
    if (error == replies.npos) co_return std::string();
    co_return replies.substr(error + 2, replies.find('\r', error) - error - 2);
  }

 private:
  Dispatcher& dispatcher_;
  Session session_;
  OutputBuffer replies_;
  std::vector<std::string> pairs_;  // keys and values by turns
};

}  // namespace

io::Task<> debug_populate(Context& context) {
  constexpr std::int64_t kBatch = 64;
  const auto population = parse(context);
  if (!population) co_return;
  if (context.in_transaction()) {
    context.reply.error("ERR DEBUG POPULATE is not possible inside a transaction");
    co_return;
  }
  Populator populator(context.parts<DebugParts>().dispatcher, context.session.database);
  io::Slice slice(context.clock());
  for (std::int64_t done = 0; done < population->count; done += kBatch) {
    const std::int64_t end = std::min(done + kBatch, population->count);
    for (std::int64_t number = done; number < end; ++number) populator.add(*population, number);
    const std::string error = co_await populator.run(context.clock());
    if (!error.empty()) {
      context.reply.error(error);
      co_return;
    }
    if (slice.over()) co_await slice.next();
  }
  context.reveal_keyspace();
  context.reply.ok();
}

}  // namespace terrace::commands
