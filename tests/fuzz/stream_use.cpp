#include <algorithm>
#include <string>
#include <vector>

#include "src/types/stream/stream.h"
#include "tests/fuzz/value_use.h"

namespace terrace::fuzz {
namespace {

using namespace terrace::types;
using storage::Record;

struct Entry {
  StreamId id;
  std::vector<std::string> texts;
  bool operator==(const Entry&) const = default;
};

std::vector<Entry> forward(const Stream& stream, const StreamId& first, const StreamId& last) {
  std::vector<Entry> entries;
  stream.forward(first, last, [&](const StreamEntry& entry, const StreamNodeView& node) {
    entries.push_back({entry.id, {}});
    node.each_field(entry, [&](std::string_view field, std::string_view value) {
      entries.back().texts.emplace_back(field);
      entries.back().texts.emplace_back(value);
    });
    return true;
  });
  return entries;
}

std::vector<StreamId> backward(const Stream& stream, const StreamId& first, const StreamId& last) {
  std::vector<StreamId> ids;
  stream.backward(first, last, [&](const StreamEntry& entry, const StreamNodeView&) {
    ids.push_back(entry.id);
    return true;
  });
  return ids;
}

// The same entries forward and back, in order.
std::vector<Entry> read_range(const Stream& stream, const StreamId& first, const StreamId& last) {
  std::vector<Entry> entries = forward(stream, first, last);
  const std::vector<StreamId> back = backward(stream, first, last);
  FUZZ_REQUIRE(std::equal(entries.begin(), entries.end(), back.rbegin(), back.rend(),
                          [](const Entry& entry, const StreamId& id) { return entry.id == id; }),
               "another row from behind");
  for (std::size_t i = 1; i < entries.size(); ++i) FUZZ_REQUIRE(entries[i - 1].id < entries[i].id, "out of order");
  return entries;
}

void read_groups(const Stream& stream) {
  for (const auto& group : stream.groups()) {
    FUZZ_REQUIRE(stream.group(group->name()) == group.get(), "a group not found by its name");
    std::size_t owned = 0;
    for (const auto& consumer : group->consumers()) {
      FUZZ_REQUIRE(group->consumer(consumer->name) == consumer.get(), "a consumer not found by its name");
      for (auto at = consumer->pending.begin(); at != consumer->pending.end();
           at = consumer->pending.next(at), ++owned) {
        const PendingEntry* const entry = group->find_pending(consumer->pending[at].id);
        FUZZ_REQUIRE(entry != nullptr && entry->consumer == consumer.get(), "a consumer's entry is not the group's");
      }
    }
    FUZZ_REQUIRE(owned == group->pending().size(), "not all that is pending is somebody's");
    static_cast<void>(stream.ordinal_of(group->last_id));
  }
}

StreamGroup& any_group(Stream& stream, Random& random) {
  if (StreamGroup* group = random.below(4) ? nullptr : stream.add_group("group" + std::to_string(random.below(3))))
    return *group;
  if (stream.groups().empty()) return *stream.add_group("group");
  return *stream.groups()[random.below(stream.groups().size())];
}

void change_group(Stream& stream, const StreamId& id, Random& random) {
  StreamGroup& group = any_group(stream, random);
  const std::string name = "consumer" + std::to_string(random.below(3));
  switch (random.below(5)) {
    case 0:
      if (StreamConsumer* consumer = group.consumer(name)) group.remove_consumer(*consumer);
      break;
    case 1:
      if (!group.consumers().empty()) group.remove_consumer(*group.consumers()[random.below(group.consumers().size())]);
      break;
    case 2: {
      const std::size_t before = group.pending().size();
      if (!group.pending().empty())
        FUZZ_REQUIRE(group.acknowledge(group.pending()[group.pending().begin()].id), "pending, not acknowledged");
      FUZZ_REQUIRE(group.pending().size() + 1 == before || before == 0, "not one less is pending");
      break;
    }
    case 3:
      if (random.below(4) == 0) FUZZ_REQUIRE(stream.remove_group(std::string(group.name())), "a group not removed");
      break;
    default: {
      StreamConsumer* consumer = group.consumer(name);
      if (consumer == nullptr) consumer = &group.add_consumer(name, 5);
      group.set_pending(id, *consumer, 7, 1);
      FUZZ_REQUIRE(group.find_pending(id)->consumer == consumer, "another has it");
    }
  }
}

StreamTrim any_trim(const std::vector<Entry>& model, const StreamId& id, Random& random) {
  using By = StreamTrim::By;
  return {.by = random.below(2) ? By::kLength : By::kId,
          .approximate = random.below(2) == 0,
          .length = random.below(model.size() + 2),
          .first = id,
          .limit = random.below(3)};
}

// What an exact trim leaves; an approximate one may leave more.
void trim(Stream& stream, const StreamTrim& how, std::vector<Entry>& model) {
  const std::uint64_t gone = stream.trim(how);
  FUZZ_REQUIRE(gone <= model.size(), "more trimmed than there was");
  const bool exact = !how.approximate && how.limit == 0;
  std::size_t wanted =
      how.by == StreamTrim::By::kLength ? model.size() - std::min<std::size_t>(model.size(), how.length) : 0;
  while (how.by == StreamTrim::By::kId && wanted < model.size() && model[wanted].id < how.first) ++wanted;
  FUZZ_REQUIRE(exact ? gone == wanted : gone <= wanted,
               std::to_string(gone) + " trimmed, " + std::to_string(wanted) + " wanted");
  model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(gone));
}

void append(Stream& stream, const CollectionLimits& limits, std::vector<Entry>& model, Random& random) {
  const auto next = stream.last_id().next();
  if (!next) return;
  // Mostly the fields of the entry before.
  std::vector<std::string> texts = {"name", std::to_string(random.below(1000)), "text",
                                    std::string(random.below(200), 't')};
  if (!model.empty() && random.below(2)) texts = model.back().texts;
  if (texts.empty()) return;
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  stream.append(*next, views,
                {.bytes = static_cast<std::uint64_t>(limits.stream_node_max_bytes),
                 .entries = static_cast<std::uint64_t>(limits.stream_node_max_entries)});
  model.push_back({*next, texts});
}

}  // namespace

void read_stream(const Record& record, Random& random) {
  const Stream& stream = *static_cast<const Stream*>(record.object());
  const std::vector<Entry> entries = read_range(stream, {}, StreamId::greatest());
  FUZZ_REQUIRE(entries.size() == stream.size(),
               std::to_string(entries.size()) + " of " + std::to_string(stream.size()));
  for (const Entry& entry : entries) FUZZ_REQUIRE(stream.contains(entry.id), "an entry not found");
  FUZZ_REQUIRE(entries.empty() ? stream.first_id().zero() : stream.first_id() == entries.front().id,
               "another first id");
  if (!entries.empty()) {
    FUZZ_REQUIRE(stream.last_entry_id() == entries.back().id, "another last entry");
    FUZZ_REQUIRE(stream.last_id() >= entries.back().id, "an entry behind the last id");
    const std::size_t first = random.below(entries.size()), count = random.below(entries.size() - first);
    const std::vector<Entry> part = read_range(stream, entries[first].id, entries[first + count].id);
    FUZZ_REQUIRE(std::equal(part.begin(), part.end(), entries.begin() + static_cast<std::ptrdiff_t>(first),
                            entries.begin() + static_cast<std::ptrdiff_t>(first + count + 1)),
                 "another range");
  }
  const StreamId absent = {random(), random()};
  FUZZ_REQUIRE(
      stream.contains(absent) == std::ranges::any_of(entries, [&](const Entry& each) { return each.id == absent; }),
      "an entry found or not");
  read_groups(stream);
}

void change_stream(Record* record, const CollectionLimits& limits, Random& random) {
  Stream& stream = *static_cast<Stream*>(record->object());
  std::vector<Entry> model = forward(stream, {}, StreamId::greatest());
  for (unsigned i = 0; i < 12; ++i) {
    StreamId id = stream.last_id();
    if (!model.empty()) id = model[random.below(model.size())].id;
    switch (random.below(4)) {
      case 0:
        append(stream, limits, model, random);
        break;
      case 1: {
        const bool there = std::erase_if(model, [&](const Entry& entry) { return entry.id == id; }) == 1;
        FUZZ_REQUIRE(stream.erase(id) == there, "erased or not");
        break;
      }
      case 2:
        if (random.below(3) == 0) trim(stream, any_trim(model, id, random), model);
        break;
      default:
        change_group(stream, id, random);
    }
    FUZZ_REQUIRE(stream.size() == model.size(), "not what the changes made");
  }
  FUZZ_REQUIRE(forward(stream, {}, StreamId::greatest()) == model, "not what the changes made");
}

}  // namespace terrace::fuzz
