// SUBSCRIBE, PUBLISH and their like, PUBSUB, MONITOR.
#include <optional>
#include <string>
#include <vector>

#include "src/commands/families.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/pubsub/messenger.h"
#include "src/text/pattern.h"

namespace terrace {
namespace {

struct Words {
  std::string_view subscribe, unsubscribe;
};

constexpr Words words_of(TopicKind kind) {
  switch (kind) {
    case TopicKind::kChannel:
      return {"subscribe", "unsubscribe"};
    case TopicKind::kPattern:
      return {"psubscribe", "punsubscribe"};
    case TopicKind::kShardChannel:
      return {"ssubscribe", "sunsubscribe"};
  }
  return {};
}

PubSub& pubsub_of(Context& context) {
  return context.parts<PubSubParts>().messenger.pubsub();
}

// What the transaction has published so far, its client hears by the subscriptions that it has until now.
PubSub& pubsub_to_change(Context& context) {
  Messenger& messenger = context.parts<PubSubParts>().messenger;
  if (!context.notices().empty()) messenger.settle(context.notices(), context.session);
  return messenger.pubsub();
}

// Shard channels are counted apart.
void reply_count(Context& context, TopicKind kind) {
  const Session& session = context.session;
  const std::size_t count = kind == TopicKind::kShardChannel ? PubSub::count(session, kind)
                                                             : PubSub::count(session, TopicKind::kChannel) +
                                                                   PubSub::count(session, TopicKind::kPattern);
  context.reply.integer(static_cast<std::int64_t>(count));
}

template <TopicKind kKind>
void subscribe(Context& context) {
  if (kKind == TopicKind::kShardChannel && context.in_transaction()) {
    return context.reply.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  }
  for (const std::string_view name : context.arguments.subspan(1)) {
    pubsub_to_change(context).subscribe(context.session, kKind, name);
    context.reply.push(3);
    context.reply.bulk(words_of(kKind).subscribe);
    context.reply.bulk(name);
    reply_count(context, kKind);
  }
}

void end_subscription(Context& context, TopicKind kind, std::string_view name) {
  pubsub_to_change(context).unsubscribe(context.session, kind, name);
  context.reply.push(3);
  context.reply.bulk(words_of(kind).unsubscribe);
  context.reply.bulk(name);
  reply_count(context, kind);
}

template <TopicKind kKind>
void unsubscribe(Context& context) {
  if (context.arguments.size() > 1) {
    for (const std::string_view name : context.arguments.subspan(1)) end_subscription(context, kKind, name);
    return;
  }
  const std::vector<std::string> names = PubSub::names(context.session, kKind);
  for (const std::string& name : names) end_subscription(context, kKind, name);
  if (!names.empty()) return;
  context.reply.push(3);
  context.reply.bulk(words_of(kKind).unsubscribe);
  context.reply.null();
  reply_count(context, kKind);
}

template <TopicKind kKind>
void publish(Context& context) {
  const std::string_view channel = context.argument(1);
  const std::size_t receivers = pubsub_of(context).receiver_count(kKind, channel);
  const bool shard = kKind == TopicKind::kShardChannel;
  // A script might publish without end.
  constexpr std::size_t kMostOfUnit = 16 << 20;
  const Notices& notices = context.notices();
  if (!notices.empty() && notices.memory_bytes() + context.argument(2).size() > kMostOfUnit) {
    return context.reply.error("OOM the messages of a transaction or script are kept until its end: no room for more");
  }
  context.publish(shard ? Notices::Kind::kShardMessage : Notices::Kind::kMessage, channel, context.argument(2));
  context.reply.integer(static_cast<std::int64_t>(receivers));
}

// --- PUBSUB

template <TopicKind kKind>
void list_channels(Context& context) {
  if (context.arguments.size() > 3) return reply_unknown_subcommand(context, "PUBSUB");
  const TopicTable& table = pubsub_of(context).topics(kKind);
  std::optional<types::Pattern> pattern;
  if (context.arguments.size() == 3) pattern.emplace(context.argument(2));
  std::vector<std::string_view> names;
  for (const auto& [name, topic] : table.topics()) {
    if (!pattern || pattern->matches(name)) names.push_back(name);
  }
  context.reply.array(names.size());
  for (const std::string_view name : names) context.reply.bulk(name);
}

template <TopicKind kKind>
void count_subscribers(Context& context) {
  const auto channels = context.arguments.subspan(2);
  context.reply.array(channels.size() * 2);
  for (const std::string_view channel : channels) {
    context.reply.bulk(channel);
    context.reply.integer(static_cast<std::int64_t>(pubsub_of(context).subscriber_count(kKind, channel)));
  }
}

void count_patterns(Context& context) {
  context.reply.integer(static_cast<std::int64_t>(pubsub_of(context).topics(TopicKind::kPattern).size()));
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "CHANNELS [<pattern>]",
      "    The channels that have subscribers, or those of them that match the pattern.",
      "NUMPAT",
      "    How many patterns have subscribers.",
      "NUMSUB [<channel> ...]",
      "    How many subscribers each of the channels has, without those of patterns.",
      "SHARDCHANNELS [<pattern>]",
      "    The shard channels that have subscribers, or those of them that match the pattern.",
      "SHARDNUMSUB [<shardchannel> ...]",
      "    How many subscribers each of the shard channels has.",
  };
  reply_help(context, "PUBSUB", kLines);
}

// --- MONITOR

void monitor(Context& context) {
  if (context.in_transaction()) return context.reply.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  if (context.session.monitors) return;  // as in Redis, without a reply
  context.parts<PubSubParts>().messenger.monitors().add(context.session);
  context.reply.ok();
}

// --- the rows

constexpr std::uint32_t kFlags = kPubsub | kNoScript | kLoading | kStale | kWhileSubscribed | kPushes;
// As in Redis, CLIENT PAUSE WRITE holds PUBLISH like a write.
constexpr std::uint32_t kPublishFlags = kPubsub | kLoading | kStale | kFast | kMayWrite;
constexpr std::uint32_t kLookFlags = kPubsub | kLoading | kStale;

constexpr KeySpec kShardChannels[] = {{.flags = kNotKey, .last = -1}};
constexpr KeySpec kShardChannelKey[] = {{.flags = kNotKey}};

constexpr Argument kChannels[] = {multiple(string("channel"))};
constexpr Argument kSomeChannels[] = {optional(multiple(string("channel")))};
constexpr Argument kOnePattern[] = {pattern("pattern")};
constexpr Argument kPatterns[] = {multiple(block("pattern", kOnePattern))};
constexpr Argument kSomePatterns[] = {optional(multiple(pattern("pattern")))};
constexpr Argument kShardChannelsArgument[] = {multiple(string("shardchannel"))};
constexpr Argument kSomeShardChannels[] = {optional(multiple(string("shardchannel")))};
constexpr Argument kPublishArguments[] = {string("channel"), string("message")};
constexpr Argument kShardPublishArguments[] = {string("shardchannel"), string("message")};
constexpr Argument kPatternArgument[] = {optional(pattern("pattern"))};

constexpr Command row(std::string_view name, int arity, std::uint32_t flags, std::span<const KeySpec> keys,
                      void (*run)(Context&), std::string_view since, std::span<const Argument> arguments,
                      std::string_view complexity, std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .categories = 0,
          .keys = keys,
          .run = run,
          .summary = summary,
          .since = since,
          .group = "pubsub",
          .complexity = complexity,
          .arguments = arguments};
}

constexpr SubcommandRows kRows = {
    .categories = 0, .group = "pubsub", .complexity = "O(N), N being the number of channels."};

constexpr Command kSubcommands[] = {
    kRows.row("pubsub|channels", -2, kLookFlags, list_channels<TopicKind::kChannel>, "2.8.0",
              "Lists the channels that have subscribers.", kPatternArgument),
    kRows.row("pubsub|help", 2, kLoading | kStale, help, "6.2.0", "Lists the subcommands."),
    kRows.row("pubsub|numpat", 2, kLookFlags, count_patterns, "2.8.0", "Counts the patterns that have subscribers."),
    kRows.row("pubsub|numsub", -2, kLookFlags, count_subscribers<TopicKind::kChannel>, "2.8.0",
              "Counts the subscribers of channels.", kSomeChannels),
    kRows.row("pubsub|shardchannels", -2, kLookFlags, list_channels<TopicKind::kShardChannel>, "7.0.0",
              "Lists the shard channels that have subscribers.", kPatternArgument),
    kRows.row("pubsub|shardnumsub", -2, kLookFlags, count_subscribers<TopicKind::kShardChannel>, "7.0.0",
              "Counts the subscribers of shard channels.", kSomeShardChannels),
};

constexpr Command kCommands[] = {
    {.name = "monitor",
     .arity = 1,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .categories = 0,
     .keys = {},
     .run = monitor,
     .summary = "Shows all commands that the server runs, as they run.",
     .since = "1.0.0",
     .group = "server"},
    row("psubscribe", -2, kFlags, {}, subscribe<TopicKind::kPattern>, "2.0.0", kPatterns,
        "O(N), N being the number of patterns.", "Listens to the channels that match patterns."),
    row("publish", 3, kPublishFlags, {}, publish<TopicKind::kChannel>, "2.0.0", kPublishArguments,
        "O(N+M), N being the number of subscribers, M of the patterns that may match.",
        "Sends a message to those who listen to a channel."),
    container("pubsub", kSubcommands, "2.8.0", "pubsub", "Commands about channels and their subscribers."),
    row("punsubscribe", -1, kFlags, {}, unsubscribe<TopicKind::kPattern>, "2.0.0", kSomePatterns,
        "O(N), N being the number of patterns.", "Listens to patterns no longer."),
    row("spublish", 3, kPublishFlags, kShardChannelKey, publish<TopicKind::kShardChannel>, "7.0.0",
        kShardPublishArguments, "O(N), N being the number of subscribers.",
        "Sends a message to those who listen to a shard channel."),
    row("ssubscribe", -2, kFlags, kShardChannels, subscribe<TopicKind::kShardChannel>, "7.0.0", kShardChannelsArgument,
        "O(N), N being the number of shard channels.", "Listens to shard channels."),
    row("subscribe", -2, kFlags, {}, subscribe<TopicKind::kChannel>, "2.0.0", kChannels,
        "O(N), N being the number of channels.", "Listens to channels."),
    row("sunsubscribe", -1, kFlags, kShardChannels, unsubscribe<TopicKind::kShardChannel>, "7.0.0", kSomeShardChannels,
        "O(N), N being the number of shard channels.", "Listens to shard channels no longer."),
    row("unsubscribe", -1, kFlags, {}, unsubscribe<TopicKind::kChannel>, "2.0.0", kSomeChannels,
        "O(N), N being the number of channels.", "Listens to channels no longer."),
};

}  // namespace

std::span<const Command> pubsub_commands() {
  return kCommands;
}

}  // namespace terrace
