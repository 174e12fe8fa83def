#include "src/commands/server/command_description.h"

#include <vector>

#include "src/text/ignoring_case.h"

namespace terrace {
namespace {

struct FlagName {
  std::uint32_t flag;
  std::string_view name;
};

constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

// In the order of Redis' reply.
std::vector<std::string_view> categories_of(const Command& row) {
  std::vector<std::string_view> names;
  auto add = [&](bool in, std::string_view name) {
    if (in) names.push_back(name);
  };
  std::uint32_t flags = row.flags, categories = row.categories;
  add(categories & kCategoryKeyspace, "keyspace");
  add((flags & kReadonly) != 0 && (categories & kCategoryScripting) == 0, "read");
  add(flags & kWrite, "write");
  add(categories & kCategorySet, "set");
  add(categories & kCategorySortedSet, "sortedset");
  add(categories & kCategoryList, "list");
  add(categories & kCategoryHash, "hash");
  add(categories & kCategoryString, "string");
  add(categories & kCategoryBitmap, "bitmap");
  add(categories & kCategoryHyperLogLog, "hyperloglog");
  add(categories & kCategoryGeo, "geo");
  add(categories & kCategoryStream, "stream");
  add(flags & kPubsub, "pubsub");
  add((flags & kAdmin) || (categories & kCategoryAdmin), "admin");
  add(flags & kFast, "fast");
  add(!(flags & kFast), "slow");
  add(flags & kBlocking, "blocking");
  add((flags & kAdmin) || (categories & kCategoryDangerous), "dangerous");
  add(categories & kCategoryConnection, "connection");
  add(categories & kCategoryTransaction, "transaction");
  add(categories & kCategoryScripting, "scripting");
  return names;
}

// The words of a text.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

void reply_flags(Reply& reply, const Command& row) {
  std::size_t count = 0;
  for (const FlagName& flag : kFlagNames) count += (row.flags & flag.flag) != 0;
  reply.set(count);
  for (const FlagName& flag : kFlagNames) {
    if (row.flags & flag.flag) reply.simple(flag.name);
  }
}

struct LegacyRange {
  int first = 0, last = 0, step = 0;
};

// First key, last key and step, for clients that do not know key specifications.
LegacyRange legacy_range(const Command& row) {
  LegacyRange range;
  for (const KeySpec& spec : row.keys) {
    if (spec.begin != KeySpec::Begin::kIndex || spec.find != KeySpec::Find::kRange) continue;
    int last = spec.last >= 0 ? spec.index + spec.last : spec.last;
    if (range.first == 0) {
      range = {spec.index, last, spec.step};
    } else if (range.last >= 0 && (last > range.last || last < 0)) {
      range.last = last;
    }
  }
  return range;
}

void reply_begin(Reply& reply, const KeySpec& spec) {
  reply.bulk("begin_search");
  reply.map(2);
  reply.bulk("type");
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      reply.bulk("index");
      reply.bulk("spec");
      reply.map(1);
      reply.bulk("index");
      reply.integer(spec.index);
      break;
    case KeySpec::Begin::kKeyword:
      reply.bulk("keyword");
      reply.bulk("spec");
      reply.map(2);
      reply.bulk("keyword");
      reply.bulk(spec.keyword);
      reply.bulk("startfrom");
      reply.integer(spec.index);
      break;
    case KeySpec::Begin::kUnknown:
      reply.bulk("unknown");
      reply.bulk("spec");
      reply.map(0);
  }
}

void reply_numbers(Reply& reply, std::initializer_list<std::pair<std::string_view, int>> numbers) {
  reply.map(numbers.size());
  for (const auto& [name, number] : numbers) {
    reply.bulk(name);
    reply.integer(number);
  }
}

void reply_find(Reply& reply, const KeySpec& spec) {
  reply.bulk("find_keys");
  reply.map(2);
  reply.bulk("type");
  switch (spec.find) {
    case KeySpec::Find::kRange:
      reply.bulk("range");
      reply.bulk("spec");
      reply_numbers(reply, {{"lastkey", spec.last}, {"keystep", spec.step}, {"limit", spec.limit}});
      break;
    case KeySpec::Find::kKeyCount:
      reply.bulk("keynum");
      reply.bulk("spec");
      reply_numbers(reply, {{"keynumidx", spec.count_index}, {"firstkey", spec.first_key}, {"keystep", spec.step}});
      break;
    case KeySpec::Find::kUnknown:
      reply.bulk("unknown");
      reply.bulk("spec");
      reply.map(0);
  }
}

std::string_view type_name(Argument::Type type) {
  static constexpr std::string_view kNames[] = {"string",    "integer",    "double", "key",  "pattern",
                                                "unix-time", "pure-token", "oneof",  "block"};
  return kNames[static_cast<std::size_t>(type)];
}

void reply_words(Reply& reply, std::string_view text) {
  std::vector<std::string_view> words = words_of(text);
  reply.set(words.size());
  for (std::string_view word : words) reply.simple(word);
}

using Texts = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Counts the fields with a text: fields without one are left out of the reply.
std::size_t count_texts(Texts texts) {
  std::size_t count = 0;
  for (const auto& [name, text] : texts) count += !text.empty();
  return count;
}

void reply_texts(Reply& reply, Texts texts) {
  for (const auto& [name, text] : texts) {
    if (text.empty()) continue;
    reply.bulk(name);
    reply.bulk(text);
  }
}

void document_arguments(Reply& reply, std::span<const Argument> arguments);

void document_argument(Reply& reply, const Argument& argument) {
  bool key = argument.type == Argument::Type::kKey || argument.key_spec != 0;
  Texts texts = {{"token", argument.token}, {"since", argument.since}, {"deprecated_since", argument.deprecated_since}};
  reply.map(2 + key + count_texts(texts) + (argument.flags != 0) + !argument.children.empty());
  reply.bulk("name");
  reply.bulk(argument.name);
  reply.bulk("type");
  reply.bulk(type_name(argument.type));
  if (key) {
    reply.bulk("key_spec_index");
    reply.integer(argument.key_spec);
  }
  reply_texts(reply, texts);
  if (argument.flags != 0) {
    static constexpr std::string_view kNames[] = {"optional", "multiple", "multiple_token"};
    reply.bulk("flags");
    reply.set(static_cast<std::size_t>(__builtin_popcount(argument.flags)));
    for (unsigned bit = 0; bit < 3; ++bit) {
      if (argument.flags & (1u << bit)) reply.simple(kNames[bit]);
    }
  }
  if (!argument.children.empty()) {
    reply.bulk("arguments");
    document_arguments(reply, argument.children);
  }
}

void document_arguments(Reply& reply, std::span<const Argument> arguments) {
  reply.array(arguments.size());
  for (const Argument& argument : arguments) document_argument(reply, argument);
}

void document_history(Reply& reply, std::span<const Change> history) {
  reply.bulk("history");
  reply.set(history.size());
  for (const Change& change : history) {
    reply.array(2);
    reply.bulk(change.since);
    reply.bulk(change.text);
  }
}

}  // namespace

bool in_category(const Command& row, std::string_view category) {
  for (std::string_view name : categories_of(row)) {
    if (equals_ignoring_case(name, category)) return true;
  }
  return false;
}

void reply_key_flags(Reply& reply, std::string_view flags) {
  reply_words(reply, flags);
}

void describe_command(Reply& reply, const CommandEntry& entry) {
  const Command& row = *entry.row;
  LegacyRange range = legacy_range(row);
  reply.array(10);
  reply.bulk(row.name);
  reply.integer(row.arity);
  reply_flags(reply, row);
  reply.integer(range.first);
  reply.integer(range.last);
  reply.integer(range.step);
  auto categories = categories_of(row);
  reply.set(categories.size());
  for (std::string_view name : categories) reply.simple("@" + std::string(name));
  std::vector<std::string_view> tips = words_of(row.tips);
  reply.set(tips.size());
  for (std::string_view tip : tips) reply.bulk(tip);
  reply.set(row.keys.size());
  for (const KeySpec& spec : row.keys) {
    Texts notes = {{"notes", spec.notes}};
    reply.map(3 + count_texts(notes));
    reply_texts(reply, notes);
    reply.bulk("flags");
    reply_words(reply, spec.flags);
    reply_begin(reply, spec);
    reply_find(reply, spec);
  }
  reply.set(entry.subcommands.size());
  for (const auto& subcommand : entry.subcommands) describe_command(reply, *subcommand);
}

void document_command(Reply& reply, const CommandEntry& entry) {
  const Command& row = *entry.row;
  Texts texts = {{"summary", row.summary}, {"since", row.since}, {"group", row.group}, {"complexity", row.complexity}};
  Texts retired = {{"deprecated_since", row.deprecated_since}, {"replaced_by", row.replaced_by}};
  reply.bulk(row.name);
  reply.map(count_texts(texts) + !row.doc_flags.empty() + count_texts(retired) + !row.history.empty() +
            !row.arguments.empty() + !entry.subcommands.empty());
  reply_texts(reply, texts);
  if (!row.doc_flags.empty()) {
    reply.bulk("doc_flags");
    reply_words(reply, row.doc_flags);
  }
  reply_texts(reply, retired);
  if (!row.history.empty()) document_history(reply, row.history);
  if (!row.arguments.empty()) {
    reply.bulk("arguments");
    document_arguments(reply, row.arguments);
  }
  if (!entry.subcommands.empty()) {
    reply.bulk("subcommands");
    reply.map(entry.subcommands.size());
    for (const auto& subcommand : entry.subcommands) document_command(reply, *subcommand);
  }
}

}  // namespace terrace
