// Streams against a plain model: entries, trimming, groups; their images and their memory.
#include "src/types/stream/stream.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "src/types/object_decoder.h"
#include "src/types/stream/stream_image.h"
#include "storage/record/record.h"
#include "tests/src/types/store_fixture.h"

namespace terrace::types {
namespace {

using Texts = std::vector<std::string>;
using Entries = std::map<StreamId, Texts>;

std::vector<std::string_view> views(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

Entries entries_of(const Stream& stream, const StreamId& first = {}, const StreamId& last = StreamId::greatest()) {
  Entries entries;
  std::vector<StreamId> order;
  stream.forward(first, last, [&](const StreamEntry& entry, const StreamNodeView& node) {
    Texts texts;
    node.each_field(entry, [&](std::string_view field, std::string_view value) {
      texts.emplace_back(field);
      texts.emplace_back(value);
    });
    entries[entry.id] = texts;
    order.push_back(entry.id);
    return true;
  });
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  std::vector<StreamId> back;
  stream.backward(first, last, [&](const StreamEntry& entry, const StreamNodeView&) {
    back.push_back(entry.id);
    return true;
  });
  std::reverse(back.begin(), back.end());
  EXPECT_EQ(back, order);
  return entries;
}

std::string image_of(const Stream& stream, std::size_t budget = ~std::size_t{0}) {
  std::string image;
  std::uint64_t cursor = 0;
  do cursor = stream.encode(image, cursor, budget);
  while (cursor != 0);
  EXPECT_LE(image.size(), stream.image_size_bound());
  return image;
}

Texts random_pairs(std::mt19937& random) {
  Texts pairs;
  const bool usual = random() % 4 > 0;
  const unsigned fields = usual ? 2 : 1 + static_cast<unsigned>(random() % 5);
  for (unsigned i = 0; i < fields; ++i) {
    pairs.push_back(usual ? "field" + std::to_string(i) : std::string(random() % 5, 'f'));
    pairs.push_back(random() % 2 ? std::to_string(static_cast<int>(random())) : std::string(random() % 70, 'v'));
  }
  return pairs;
}

// What the groups of a stream must be.
struct GroupModel {
  struct Entry {
    std::string consumer;
    std::int64_t delivered_ms;
    std::uint64_t deliveries;
    bool operator==(const Entry&) const = default;
  };
  std::map<StreamId, Entry> pending;
  std::map<std::string, std::size_t> consumers;
};

void expect_group(const StreamGroup& group, const GroupModel& model) {
  std::map<StreamId, GroupModel::Entry> pending;
  for (auto at = group.pending().begin(); at != group.pending().end(); at = group.pending().next(at)) {
    const PendingEntry& entry = group.pending()[at];
    pending[entry.id] = {entry.consumer->name, entry.delivered_ms, entry.deliveries};
    EXPECT_NE(entry.consumer->pending.find(entry.id), nullptr);
  }
  EXPECT_EQ(pending, model.pending);
  EXPECT_EQ(group.pending().size(), model.pending.size());
  std::map<std::string, std::size_t> consumers;
  for (const auto& consumer : group.consumers()) consumers[consumer->name] = consumer->pending.size();
  EXPECT_EQ(consumers, model.consumers);
}

void trim_both(Stream& stream, Entries& model, std::mt19937& random) {
  StreamTrim trim;
  trim.by = StreamTrim::By::kLength;
  trim.approximate = random() % 2 == 0;
  trim.length = model.size() - std::min<std::size_t>(model.size(), random() % 60);
  if (random() % 2) {
    trim.by = StreamTrim::By::kId;
    trim.first = std::next(model.begin(), static_cast<std::ptrdiff_t>(model.size() - trim.length / 2 - 1))->first;
  }
  const std::uint64_t size = stream.size();
  const bool would = stream.would_trim(trim);
  const std::uint64_t gone = stream.trim(trim);
  EXPECT_EQ(stream.size(), size - gone);
  EXPECT_TRUE(would || gone == 0);
  const bool by_length = trim.by == StreamTrim::By::kLength;
  EXPECT_TRUE(!by_length || (trim.approximate ? stream.size() >= trim.length : stream.size() == trim.length));
  for (std::uint64_t i = 0; i < gone; ++i) {
    EXPECT_TRUE(by_length || model.begin()->first < trim.first);
    model.erase(model.begin());
  }
  if (!trim.approximate && trim.by == StreamTrim::By::kId && !model.empty()) {
    EXPECT_GE(model.begin()->first, trim.first);
  }
}

class StreamTest : public testing::TestWithParam<StreamNodeLimit> {};

TEST_P(StreamTest, RandomChangesFollowAModel) {
  std::mt19937 random(31);
  Stream stream;
  Entries model;
  StreamId last;
  storage::Statistics statistics;
  statistics.record_memory_bytes = statistics.dirty_memory_bytes = stream.footprint_bytes();
  stream.count_in(statistics);
  for (int step = 0; step < 12000; ++step) {
    const auto what = static_cast<unsigned>(random()) % (step / 3000 % 2 == 0 ? 24 : 10);
    if (what > 3 || model.empty()) {
      const Texts pairs = random_pairs(random);
      last = random() % 3 ? StreamId{last.ms, last.sequence + 1} : StreamId{last.ms + random() % 100000 + 1, random()};
      stream.append(last, views(pairs), GetParam());
      model[last] = pairs;
    } else if (what < 3) {
      const auto at = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      const StreamId id = at->first;
      model.erase(at);
      EXPECT_TRUE(stream.erase(id));
      EXPECT_FALSE(stream.erase(id));
    } else {
      trim_both(stream, model, random);
    }
    ASSERT_EQ(stream.size(), model.size());
    ASSERT_EQ(stream.first_id(), model.empty() ? StreamId{} : model.begin()->first);
    ASSERT_TRUE(model.empty() || stream.last_entry_id() == model.rbegin()->first);
    if (step % 200 == 0) {
      ASSERT_EQ(entries_of(stream), model);
      const StreamId from{last.ms / 2, last.sequence / 3}, to{last.ms, last.sequence / 3 * 2};
      ASSERT_EQ(entries_of(stream, from, to), Entries(model.lower_bound(from), model.upper_bound(to)));
    }
  }
  EXPECT_EQ(entries_of(stream), model);
  EXPECT_EQ(statistics.record_memory_bytes, stream.footprint_bytes());
  stream.count_out();
  const std::string image = image_of(stream, 1);
  EXPECT_EQ(image, image_of(stream));
  Result<storage::ObjectPointer> again =
      object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(entries_of(static_cast<Stream&>(**again)), model);
  EXPECT_EQ(image_of(static_cast<Stream&>(**again)), image);
}

INSTANTIATE_TEST_SUITE_P(Limits, StreamTest,
                         testing::Values(StreamNodeLimit{}, StreamNodeLimit{.bytes = 0, .entries = 0},
                                         StreamNodeLimit{.bytes = 200, .entries = 7},
                                         StreamNodeLimit{.bytes = 1, .entries = 1}));

TEST(Stream, GroupsFollowAModel) {
  std::mt19937 random(32);
  Stream stream;
  StreamGroup& group = *stream.add_group("group");
  EXPECT_EQ(stream.add_group("group"), nullptr);
  stream.add_group("another")->add_consumer("idle", 5);
  GroupModel model;
  for (int step = 0; step < 20000; ++step) {
    const std::string name = "consumer" + std::to_string(random() % 5) + std::string(random() % 2 * 30, 'x');
    const StreamId id{random() % (step < 15000 ? 900 : 30), random() % 3};
    const auto what = static_cast<unsigned>(random()) % (step / 4000 % 2 ? 7 : 20);
    if (random() % 1500 == 0 && model.consumers.contains(name)) {
      group.remove_consumer(*group.consumer(name));
      model.consumers.erase(name);
      std::erase_if(model.pending, [&](const auto& entry) { return entry.second.consumer == name; });
    } else if (what < 4) {
      const auto at = model.pending.find(id);
      EXPECT_EQ(group.acknowledge(id), at != model.pending.end());
      if (at == model.pending.end()) continue;
      --model.consumers[at->second.consumer];
      model.pending.erase(at);
    } else {
      StreamConsumer* consumer = group.consumer(name);
      if (consumer == nullptr) consumer = &group.add_consumer(name, step);
      const auto at = model.pending.find(id);
      if (at != model.pending.end()) --model.consumers[at->second.consumer];
      ++model.consumers[name];
      model.pending[id] = {name, step, random() % 9};
      group.set_pending(id, *consumer, step, model.pending[id].deliveries);
    }
    if (step % 500 == 0) expect_group(group, model);
  }
  expect_group(group, model);
  const std::string image = image_of(stream, 100);
  EXPECT_EQ(image, image_of(stream));
  Result<storage::ObjectPointer> again =
      object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image);
  ASSERT_TRUE(again.ok());
  auto& copy = static_cast<Stream&>(**again);
  expect_group(*copy.group("group"), model);
  EXPECT_EQ(image_of(copy), image);
  EXPECT_TRUE(copy.remove_group("group"));
  EXPECT_FALSE(copy.remove_group("group"));
  EXPECT_EQ(copy.groups().size(), 1u);
  EXPECT_TRUE(copy.discard(1 << 20));
  EXPECT_EQ(copy.footprint_bytes(), sizeof(Stream));
}

TEST(Stream, NodesEndWhereRedisEndsThem) {
  Stream stream;
  const Texts pairs = {"name", "value"};
  for (std::uint64_t i = 1; i <= 250; ++i) stream.append({i, 0}, views(pairs), StreamNodeLimit{});
  EXPECT_EQ(stream.node_count(), 3u);
  // Approximate trimming takes whole nodes, of a hundred entries here.
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::kLength, .approximate = true, .length = 151}), 0u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::kLength, .approximate = true, .length = 20, .limit = 99}), 0u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::kLength, .approximate = true, .length = 20, .limit = 150}), 100u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::kId, .approximate = true, .first = {200, 0}}), 0u);
  EXPECT_EQ(stream.trim({.by = StreamTrim::By::kId, .approximate = true, .first = {201, 0}}), 100u);
  EXPECT_EQ(stream.size(), 50u);
}

TEST(Stream, AnIdTakenBackLeavesNothingAboveIt) {
  Stream stream;
  const Texts pairs = {"name", "value"};
  for (const std::uint64_t ms : {7, 9, 11}) stream.append({ms, 0}, views(pairs), StreamNodeLimit{});
  stream.erase({11, 0});
  stream.erase({9, 0});
  stream.set_last_id({8, 0});
  stream.set_max_deleted_id({3, 0});
  stream.append({8, 5}, views(pairs), StreamNodeLimit{});
  EXPECT_TRUE(object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image_of(stream)).ok());
  stream.trim({.by = StreamTrim::By::kLength});
  EXPECT_EQ(stream.node_count(), 0u);
  EXPECT_TRUE(object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image_of(stream)).ok());
}

TEST(Stream, IsFreedStepByStep) {
  Stream stream;
  const Texts pairs = {"name", "value"};
  StreamGroup& group = *stream.add_group("group");
  StreamConsumer& consumer = group.add_consumer("consumer", 0);
  for (std::uint64_t i = 1; i <= 20000; ++i) {
    stream.append({i, 0}, views(pairs), StreamNodeLimit{});
    group.set_pending({i, 0}, consumer, 1, 1);
  }
  std::size_t steps = 0, before = stream.footprint_bytes();
  while (!stream.discard(16384)) {
    EXPECT_LE(before - stream.footprint_bytes(), 16384 + 8192);
    before = stream.footprint_bytes();
    ++steps;
  }
  EXPECT_GT(steps, 10u);
  EXPECT_EQ(stream.footprint_bytes(), sizeof(Stream));
}

TEST(Stream, DamagedImagesAreRefusedOrReadable) {
  std::mt19937 random(33);
  Stream stream;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    stream.append({i, i}, views(random_pairs(random)), StreamNodeLimit{.entries = 20});
  }
  for (const std::uint64_t i : {3, 20, 21, 60}) stream.erase({i, i});
  StreamGroup& group = *stream.add_group("group");
  for (std::uint64_t i = 1; i <= 30; ++i) {
    StreamConsumer* consumer = group.consumer(i % 2 ? "a" : "b");
    group.set_pending({i, i}, consumer ? *consumer : group.add_consumer(i % 2 ? "a" : "b", 1), 1, 1);
  }
  const std::string image = image_of(stream);
  const std::size_t without_active_times = image.size() - 2 * sizeof(std::int64_t);  // as earlier versions wrote it
  for (std::size_t size = 0; size < image.size(); ++size) {
    if (size == without_active_times) continue;
    EXPECT_FALSE(object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image.substr(0, size)).ok());
  }
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image + "x").ok());
  unsigned refused = 0, read = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = image;
    for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    Result<storage::ObjectPointer> again =
        object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, damaged);
    if (!again.ok()) {
      ++refused;
      continue;
    }
    ++read;
    auto& copy = static_cast<Stream&>(**again);
    EXPECT_EQ(entries_of(copy).size(), copy.size());
    EXPECT_TRUE(object_decoder().decode(storage::ValueType::kStream, storage::kNoExpiry, image_of(copy)).ok());
    copy.trim({.by = StreamTrim::By::kLength, .length = 5});
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(read, 100u);
}

TEST(Stream, SmallOnesAreSmall) {
  Stream stream;
  const Texts pairs = {"field", "value"};
  for (std::uint64_t i = 1; i <= 20; ++i) stream.append({1700000000000 + i, 0}, views(pairs), StreamNodeLimit{});
  EXPECT_LT(stream.footprint_bytes(), 800u);
}

class StoredStreamTest : public StoreFixture {};

TEST_F(StoredStreamTest, ComesBackWhole) {
  auto stream = std::make_unique<Stream>();
  const Texts pairs = {"field", "value"};
  for (std::uint64_t i = 1; i <= 5000; ++i) stream->append({i, 0}, views(pairs), StreamNodeLimit{});
  StreamGroup& group = *stream->add_group("group");
  group.set_pending({7, 0}, group.add_consumer("consumer", 1), 2, 3);
  const std::string image = image_of(*stream);
  Record* record = find_or_make("stream", storage::ValueType::kStream, storage::Encoding::kListpack, "");
  database().overwrite(record, storage::ValueType::kStream, std::move(stream), false);
  expect_counted({"stream"});
  spill_all();
  record = find("stream");
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(image_of(static_cast<Stream&>(*record->object())), image);
  expect_counted({"stream"});
}

}  // namespace
}  // namespace terrace::types
