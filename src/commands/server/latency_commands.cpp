// LATENCY: events that took longer than the threshold, and histograms of how long commands take.
#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "io/reactor.h"
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/config/config.h"
#include "src/execution/command_table.h"
#include "src/execution/context.h"
#include "src/runtime/latency_monitor.h"

namespace terrace {
namespace {

void latest(Context& context) {
  const auto& events = context.parts<LatencyParts>().latency.events();
  context.reply.array(static_cast<std::size_t>(
      std::ranges::count_if(events, [](const auto& event) { return LatencyMonitor::is_of_redis(event.first); })));
  for (const auto& [name, series] : events) {
    if (!LatencyMonitor::is_of_redis(name)) continue;
    context.reply.array(4);
    context.reply.bulk(name);
    context.reply.integer(series.samples.back().unix_seconds);
    context.reply.integer(series.samples.back().duration_ms);
    context.reply.integer(series.worst_ms);
  }
}

void history(Context& context) {
  const auto& events = context.parts<LatencyParts>().latency.events();
  auto found = events.find(std::string(context.argument(2)));
  if (found == events.end()) return context.reply.array(0);
  context.reply.array(found->second.samples.size());
  for (const LatencyMonitor::Sample& sample : found->second.samples) {
    context.reply.array(2);
    context.reply.integer(sample.unix_seconds);
    context.reply.integer(sample.duration_ms);
  }
}

void reset(Context& context) {
  LatencyMonitor& latency = context.parts<LatencyParts>().latency;
  if (context.arguments.size() == 2) return context.reply.integer(latency.clear());
  std::int64_t count = 0;
  for (std::string_view event : context.arguments.subspan(2)) count += latency.erase(std::string(event));
  context.reply.integer(count);
}

// How long ago, in the largest unit that fits.
std::string age(std::int64_t seconds) {
  for (const auto& [unit, letter] : {std::pair{86400, 'd'}, std::pair{3600, 'h'}, std::pair{60, 'm'}}) {
    if (seconds >= unit) return std::to_string(seconds / unit) + letter;
  }
  return std::to_string(seconds) + 's';
}

// Redis' drawing: a column for each sample, four rows high, below it the sample's age, written downwards.
class LatencyGraph {
 public:
  static constexpr std::size_t kColumns = 80;

  LatencyGraph(const LatencyMonitor::Series& series, std::int64_t now_seconds) : samples_(series.samples) {
    for (const LatencyMonitor::Sample& sample : samples_) {
      low_ms_ = std::min(low_ms_, sample.duration_ms);
      high_ms_ = std::max(high_ms_, sample.duration_ms);
      ages_.push_back(age(now_seconds - sample.unix_seconds));
    }
  }
  std::int64_t low_ms() const { return low_ms_; }
  std::int64_t high_ms() const { return high_ms_; }

  std::string text() const {
    std::string text;
    for (std::size_t begin = 0; begin < samples_.size(); begin += kColumns) {
      if (begin > 0) text += '\n';
      add_columns(text, begin, std::min(begin + kColumns, samples_.size()));
    }
    return text;
  }

 private:
  static constexpr std::int64_t kRows = 4;
  static constexpr std::string_view kTops = "_o#";  // of a column: so many steps each row has
  static constexpr std::int64_t kSteps = kRows * static_cast<std::int64_t>(kTops.size());

  char mark(std::size_t column, std::int64_t row) const {
    const std::int64_t span = std::max<std::int64_t>(high_ms_ - low_ms_, 1);
    const std::int64_t step = std::min((samples_[column].duration_ms - low_ms_) * kSteps / span, kSteps - 1);
    const std::int64_t above = step - (kRows - 1 - row) * static_cast<std::int64_t>(kTops.size());
    if (above < 0) return ' ';
    return above < static_cast<std::int64_t>(kTops.size()) ? kTops[static_cast<std::size_t>(above)] : '|';
  }
  void add_columns(std::string& text, std::size_t begin, std::size_t end) const {
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (std::size_t i = begin; i < end; ++i) text += mark(i, row);
      text += '\n';
    }
    text.append(end - begin, ' ') += '\n';
    std::size_t longest = 0;
    for (std::size_t i = begin; i < end; ++i) longest = std::max(longest, ages_[i].size());
    for (std::size_t line = 0; line < longest; ++line) {
      for (std::size_t i = begin; i < end; ++i) text += line < ages_[i].size() ? ages_[i][line] : ' ';
      text += '\n';
    }
  }

  const std::deque<LatencyMonitor::Sample>& samples_;
  std::vector<std::string> ages_;
  std::int64_t low_ms_ = INT64_MAX, high_ms_ = 0;
};

void graph(Context& context) {
  const auto& events = context.parts<LatencyParts>().latency.events();
  auto found = events.find(std::string(context.argument(2)));
  if (found == events.end()) {
    return context.reply.error("ERR No samples available for event '" + shown(context.argument(2)) + "'");
  }
  const LatencyGraph graph(found->second, context.now_ms / 1000);
  context.reply.verbatim(found->first + " - high " + std::to_string(graph.high_ms()) + " ms, low " +
                         std::to_string(graph.low_ms()) + " ms (all time high " +
                         std::to_string(found->second.worst_ms) + " ms)\n" + std::string(LatencyGraph::kColumns, '-') +
                         "\n" + graph.text());
}

std::string turns_text(const io::Reactor& reactor) {
  const io::TurnStatistics& turns = reactor.turn_statistics();
  std::uint64_t mean = turns.turns ? turns.busy_us / turns.turns : 0;
  std::string text = "The reactor made " + std::to_string(turns.turns) + " turns of " + std::to_string(mean) +
                     " us on average, the longest of " + std::to_string(turns.worst_us) + " us (" + turns.worst_cause +
                     ").\n";
  for (const io::TurnStatistics::Cause& cause : turns.long_turns) {
    text += "Longer than a millisecond for " + std::string(cause.name) + ": " + std::to_string(cause.turns) +
            ", the longest " + std::to_string(cause.worst_us) + " us.\n";
  }
  return text;
}

void doctor(Context& context) {
  std::string text = turns_text(context.parts<LatencyParts>().reactor);
  if (context.parts<LatencyParts>().settings.latency_threshold_ms == 0) {
    text += "Latency monitoring is off: CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n";
  }
  for (const auto& [name, series] : context.parts<LatencyParts>().latency.events()) {
    std::int64_t sum = 0;
    for (const LatencyMonitor::Sample& sample : series.samples) sum += sample.duration_ms;
    text += name + ": " + std::to_string(series.samples.size()) + " spikes, " +
            std::to_string(sum / static_cast<std::int64_t>(series.samples.size())) + " ms on average, the worst " +
            std::to_string(series.worst_ms) + " ms.\n";
  }
  context.reply.verbatim(text);
}

// Cumulative counts at powers of two of a microsecond.
void reply_histogram(Reply& reply, const CommandEntry& entry) {
  const LatencyHistogram& histogram = *entry.usage.latency;
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets;
  std::uint64_t before = 0;
  for (std::uint64_t us = 1; before < histogram.total(); us *= 2) {
    std::uint64_t count = histogram.count_up_to(us * 1024);
    if (count > before) buckets.emplace_back(static_cast<std::int64_t>(us * 1024 / 1000), count);
    before = count;
  }
  reply.bulk(entry.name());
  reply.map(2);
  reply.bulk("calls");
  reply.integer(static_cast<std::int64_t>(histogram.total()));
  reply.bulk("histogram_usec");
  reply.map(buckets.size());
  for (const auto& [us, count] : buckets) {
    reply.integer(us);
    reply.integer(static_cast<std::int64_t>(count));
  }
}

void histogram(Context& context) {
  std::vector<const CommandEntry*> found;
  auto add = [&](const CommandEntry& entry) {
    if (entry.usage.latency) found.push_back(&entry);
    for (const auto& subcommand : entry.subcommands) {
      if (subcommand->usage.latency) found.push_back(subcommand.get());
    }
  };
  if (context.arguments.size() == 2) {
    for (const auto& entry : context.parts<LatencyParts>().commands.entries()) add(*entry);
  }
  for (std::string_view name : context.arguments.subspan(2)) {
    if (const CommandEntry* entry = context.parts<LatencyParts>().commands.find_full(name)) add(*entry);
  }
  context.reply.map(found.size());
  for (const CommandEntry* entry : found) reply_histogram(context.reply, *entry);
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "DOCTOR",
      "    A report for people, about the reactor's turns as well.",
      "GRAPH <event>",
      "    The samples of an event as a drawing.",
      "HISTOGRAM [<command> ...]",
      "    How long commands took, in powers of two of a microsecond.",
      "HISTORY <event>",
      "    The samples of an event.",
      "LATEST",
      "    The last sample of each event that Redis knows.",
      "RESET [<event> ...]",
      "    Forgets events, or all.",
  };
  reply_help(context, "LATENCY", kLines);
}

constexpr std::uint32_t kFlags = kAdmin | kNoScript | kLoading | kStale;
constexpr Argument kEvent[] = {string("event")};
constexpr Argument kEvents[] = {optional(multiple(string("event")))};
constexpr Argument kNames[] = {optional(multiple(string("command")))};

constexpr std::string_view kTellsOfNode = "nondeterministic_output request_policy:all_nodes response_policy:special";

constexpr SubcommandRows kRows = {.categories = 0, .group = "server", .complexity = "O(N), N being what is told."};

constexpr Command kSubcommands[] = {
    kRows.row("latency|doctor", 2, kFlags, doctor, "2.8.13", "Reports on delays.", {}, kTellsOfNode),
    kRows.row("latency|graph", 3, kFlags, graph, "2.8.13", "Draws an event's samples.", kEvent, kTellsOfNode),
    kRows.row("latency|help", 2, kLoading | kStale, help, "2.8.13", "Lists the subcommands."),
    kRows.row("latency|histogram", -2, kFlags, histogram, "7.0.0", "Tells how long commands took.", kNames,
              kTellsOfNode),
    kRows.row("latency|history", 3, kFlags, history, "2.8.13", "Returns an event's samples.", kEvent, kTellsOfNode),
    kRows.row("latency|latest", 2, kFlags, latest, "2.8.13", "Returns each event's last sample.", {}, kTellsOfNode),
    kRows.row("latency|reset", -2, kFlags, reset, "2.8.13", "Forgets samples.", kEvents,
              "request_policy:all_nodes response_policy:all_succeeded"),
};

constexpr Command kCommands[] = {
    container("latency", kSubcommands, "2.8.13", "server", "Commands about delays."),
};

}  // namespace

std::span<const Command> latency_commands() {
  return kCommands;
}

}  // namespace terrace
