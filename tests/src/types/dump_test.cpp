#include "src/types/dump.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <set>

#include "src/types/crc64.h"
#include "src/types/hash/hash.h"
#include "src/types/list/list.h"
#include "src/types/object_decoder.h"
#include "src/types/set/set.h"
#include "src/types/stream/stream.h"
#include "src/types/string/string.h"
#include "src/types/value_copy.h"
#include "src/types/zset/sorted_set.h"
#include "storage/base/varint.h"
#include "storage/record/image.h"

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::Record;
using storage::RecordPointer;
using storage::ValueType;
using Fields = std::map<std::string, std::string>;
using Members = std::set<std::string>;

RecordPointer make_record(Value value) {
  const auto size = static_cast<std::uint32_t>(value.object ? sizeof(storage::Object*) : value.bytes.size());
  RecordPointer record(Record::create("key", {.type = value.type, .encoding = Encoding::kRaw, .value_size = size}));
  if (value.object) {
    record->store_object(std::move(value.object));
  } else {
    std::memcpy(record->value(), value.bytes.data(), size);
    record->set_kind(value.type, value.encoding);
  }
  return record;
}

RecordPointer make_hash(const Fields& fields, bool large) {
  if (large) {
    auto table = std::make_unique<PackedTable>(PackedTable::Values::kBytes);
    for (const auto& [field, value] : fields) table->set(field, value);
    return make_record(
        {.type = ValueType::kHash, .encoding = Encoding::kObject, .bytes = {}, .object = std::move(table)});
  }
  std::string bytes(Listpack::empty());
  ListpackEditor editor(bytes);
  for (const auto& [field, value] : fields) {
    editor.append(field);
    editor.append(value);
  }
  return make_record({.type = ValueType::kHash, .encoding = Encoding::kListpack, .bytes = bytes, .object = {}});
}

Fields fields_of(const Record& record) {
  Fields fields;
  HashView(record, kBeforeAnyTime).for_each([&](std::string_view field, std::string_view value) {
    fields.emplace(field, value);
  });
  return fields;
}

using Times = std::map<std::string, std::int64_t>;

RecordPointer make_timed_hash(const Fields& fields, const Times& times, bool large) {
  if (large) {
    auto table = std::make_unique<PackedTable>(PackedTable::Values::kBytes);
    for (const auto& [field, value] : fields) table->set(field, value);
    auto hash = std::make_unique<TimedHash>(std::move(table));
    for (const auto& [field, time_ms] : times) hash->set_time(field, time_ms);
    return make_record(
        {.type = ValueType::kHash, .encoding = Encoding::kObject, .bytes = {}, .object = std::move(hash)});
  }
  std::string bytes = TimedListpack::of(Listpack(make_hash(fields, false)->bytes()));
  for (const auto& [field, time_ms] : times) TimedListpackEditor(bytes).set_time(field, time_ms);
  return make_record({.type = ValueType::kHash, .encoding = Encoding::kTimedListpack, .bytes = bytes, .object = {}});
}

Times times_of(const Record& record) {
  Times times;
  const HashView view(record, kBeforeAnyTime);
  view.for_each([&](std::string_view field, std::string_view) {
    const std::int64_t time_ms = view.time_of(field).value();
    if (time_ms != storage::kNoExpiry) times.emplace(field, time_ms);
  });
  return times;
}

RecordPointer make_set(const Members& members, std::int64_t max_intset_entries = 512) {
  const CollectionLimits limits{.set_max_intset_entries = max_intset_entries};
  NewSet set(SetInValue(), limits);
  for (const std::string& member : members) set.add(member);
  return make_record(set.holder().take());
}

Members members_of(const Record& record) {
  Members members;
  SetView(record).for_each([&](std::string_view member) { members.emplace(member); });
  return members;
}

RecordPointer make_list(const std::vector<std::string>& elements, bool large) {
  if (large) {
    auto nodes = std::make_unique<ListNodes>();
    for (const std::string& element : elements) nodes->push_back(element, ListNodeLimit{.count = 3});
    return make_record(
        {.type = ValueType::kList, .encoding = Encoding::kObject, .bytes = {}, .object = std::move(nodes)});
  }
  std::string bytes(Listpack::empty());
  ListpackEditor editor(bytes);
  for (const std::string& element : elements) editor.append(element);
  return make_record({.type = ValueType::kList, .encoding = Encoding::kListpack, .bytes = bytes, .object = {}});
}

std::vector<std::string> elements_of(const Record& record) {
  std::vector<std::string> elements;
  const ListView list(record);
  list.forward(0, [&](const ListPlace& place) {
    elements.emplace_back(list.text(place).view());
    return true;
  });
  return elements;
}

RecordPointer make_sorted_set(const std::map<std::string, double>& scores, std::int64_t max_entries) {
  SortedSetBuilder builder;
  for (const auto& [member, score] : scores) builder.add({score, member});
  return make_record(builder.take(CollectionLimits{.zset_max_listpack_entries = max_entries}));
}

std::map<std::string, double> scores_of(const Record& record) {
  std::map<std::string, double> scores;
  SortedSetView(record).for_each([&](std::string_view member, double score) { scores.emplace(member, score); });
  return scores;
}

std::string sealed(std::string body) {
  storage::put_fixed(body, std::uint16_t{10});
  storage::put_fixed(body, crc64(body));
  return body;
}

TEST(Crc64, IsTheOneOfRedis) {
  EXPECT_EQ(crc64("123456789"), 0xE9C6D914C4B8D9CAull);
}

TEST(Dump, HashesComeBackInTheEncodingThatTheLimitsAskFor) {
  const Fields fields = {{"a", "1"}, {"b", "-70000"}, {"c", std::string(60, 'x')}, {"", "empty"}};
  for (const bool large : {false, true}) {
    const std::string payload = dump_value(*make_hash(fields, large));
    ASSERT_TRUE(dump_intact(payload));
    const auto packed = restore_value(payload, CollectionLimits{});
    ASSERT_TRUE(packed.has_value());
    EXPECT_EQ(packed->encoding, Encoding::kListpack);
    auto unpacked = restore_value(payload, CollectionLimits{.hash_max_listpack_entries = 3});
    ASSERT_TRUE(unpacked.has_value());
    EXPECT_EQ(unpacked->encoding, Encoding::kObject);
    EXPECT_EQ(fields_of(*make_record(std::move(*unpacked))), fields);
  }
}

TEST(Dump, TimesOfFieldsComeBack) {
  const Fields fields = {{"a", "1"}, {"b", "-70000"}, {"c", std::string(60, 'x')}, {"", "empty"}};
  const Times times = {{"b", 1'700'000'000'123}, {"", 1'700'000'000'000}, {"c", (std::int64_t{1} << 46) - 1}};
  for (const bool large : {false, true}) {
    const std::string payload = dump_value(*make_timed_hash(fields, times, large));
    ASSERT_TRUE(dump_intact(payload));
    EXPECT_EQ(payload[0], large ? 24 : 25);
    EXPECT_EQ(payload[payload.size() - 10], 12);  // of a version that has such hashes
    for (const std::int64_t limit : {512, 3}) {
      auto value = restore_value(payload, CollectionLimits{.hash_max_listpack_entries = limit});
      ASSERT_TRUE(value.has_value());
      EXPECT_EQ(value->encoding, limit == 3 ? Encoding::kObject : Encoding::kTimedListpack);
      const RecordPointer record = make_record(std::move(*value));
      EXPECT_EQ(record->parts_expiry_ms(), 1'700'000'000'000);
      EXPECT_EQ(fields_of(*record), fields);
      EXPECT_EQ(times_of(*record), times);
    }
  }
}

TEST(Dump, ImagesOfTimedHashesAreCheckedInFull) {
  const Fields fields = {{"a", "1"}, {"b", "2"}};
  const RecordPointer record = make_timed_hash(fields, {{"a", 1'000}}, true);
  std::string image;
  storage::encode_image(image, *record, 0, 0);
  const auto decoded = [&](const std::string& bytes) {
    const Result<storage::ImageView> view = storage::parse_image(bytes);
    return view.ok() && storage::decode_image(*view, &object_decoder()).ok();
  };
  EXPECT_TRUE(decoded(image));
  // Without a field that expires, or without one at the soonest time.
  std::string untimed;
  storage::encode_image(untimed, *make_hash(fields, true), 0, 0);
  untimed[2] = 2;
  EXPECT_FALSE(decoded(untimed.substr(0, 3) + image.substr(3, 8) + untimed.substr(3)));
  std::string later = image;
  const std::string field_a{1, 'a'};
  later[image.find(field_a) - 1] = 2;  // its time, which was 1, the soonest
  EXPECT_FALSE(decoded(later));
  for (std::size_t size = 0; size < image.size(); ++size) EXPECT_FALSE(decoded(image.substr(0, size))) << size;
}

// An image without times is a plain table's: it must not become a timed hash.
TEST(Dump, AnImageOfTimedFieldsWithoutAnyTimeIsOfAPlainTable) {
  using namespace std::string_literals;
  const auto object = object_decoder().decode(ValueType::kHash, 1'000, "\x01\0\x01"s + "a\x01" + "1");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ((*object)->parts_expiry_ms(), storage::kNoExpiry);
  EXPECT_NE(dynamic_cast<const PackedTable*>(object->get()), nullptr);
}

TEST(Dump, WhatIsNoTimedHashIsRefused) {
  const CollectionLimits limits;
  using namespace std::string_literals;
  const std::string soonest = "\xE8\x03\0\0\0\0\0\0"s;  // 1000
  const auto restored = [&](const std::string& body) {
    auto value = restore_value(sealed(body), limits);
    return value ? times_of(*make_record(std::move(*value))) : Times{{"refused", 0}};
  };
  const Times refused = {{"refused", 0}};
  EXPECT_EQ(restored("\x18"s + soonest + "\x02\x01\x01" + "a\x01" + "1\0\x01"s + "b\x01" + "2"), (Times{{"a", 1'000}}));
  EXPECT_EQ(restored("\x18"s + soonest + "\x01\x06\x01" + "a\x01" + "1"), (Times{{"a", 1'005}}));
  EXPECT_EQ(restored("\x18"s + std::string(8, '\0') + "\x01\0\x01"s + "a\x01" + "1"), Times{});
  EXPECT_EQ(restored("\x18"s + soonest + "\x02\x01\x01" + "a\x01" + "1\x02\x01" + "a\x01" + "2"), refused);  // twice
  EXPECT_EQ(restored("\x18"s + soonest + "\0"s), refused);
  EXPECT_EQ(restored("\x18"s + std::string(8, '\xFF') + "\x01\x01\x01" + "a\x01" + "1"), refused);
  EXPECT_EQ(restored("\x18"s + soonest + "\x01\x81" + std::string(8, '\x7F') + "\x01" + "a\x01" + "1"), refused);
  const auto listpack = [](std::initializer_list<std::string_view> elements) {
    std::string bytes(Listpack::empty());
    for (const std::string_view element : elements) ListpackEditor(bytes).append(element);
    return static_cast<char>(bytes.size()) + bytes;
  };
  EXPECT_EQ(restored("\x19"s + soonest + listpack({"a", "1", "1000", "b", "2", "0"})), (Times{{"a", 1'000}}));
  EXPECT_EQ(restored("\x19"s + soonest + listpack({"a", "1", "1000", "a", "2", "0"})), refused);
  EXPECT_EQ(restored("\x19"s + soonest + listpack({"a", "1", "1000", "b"})), refused);
  EXPECT_EQ(restored("\x19"s + soonest + listpack({"a", "1", "-5"})), refused);
  EXPECT_EQ(restored("\x19"s + soonest + listpack({"a", "1", "x"})), refused);
  EXPECT_EQ(restored("\x19"s + soonest + listpack({})), refused);
}

// As Redis from 7.2 on dumps small sets; Redis 7.0 would not load it, so a set is never dumped so.
TEST(Dump, AListpackOfMembersIsRestoredAndDumpedByMember) {
  using namespace std::string_literals;
  const auto body = [](std::initializer_list<std::string_view> members) {
    std::string bytes(Listpack::empty());
    for (const std::string_view member : members) ListpackEditor(bytes).append(member);
    return "\x14"s + static_cast<char>(bytes.size()) + bytes;
  };
  const auto restored = [](const std::string& of, const CollectionLimits& limits) {
    auto value = restore_value(sealed(of), limits);
    return value ? make_record(std::move(*value)) : nullptr;
  };
  const std::string three = body({"a", "-7", "b"});
  const RecordPointer record = restored(three, {});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(members_of(*record), (Members{"a", "-7", "b"}));
  EXPECT_EQ(record->encoding(), Encoding::kListpack);
  EXPECT_EQ(dump_value(*record).front(), 2);
  EXPECT_EQ(restored(three, {.set_max_listpack_entries = 2})->encoding(), Encoding::kObject);
  EXPECT_EQ(restored(body({"1", "2"}), {})->encoding(), Encoding::kIntset);
  EXPECT_EQ(restored(body({"a", "b", "a"}), {}), nullptr);
  EXPECT_EQ(restored(body({}), {}), nullptr);
  EXPECT_EQ(restored(three.substr(0, three.size() - 1), {}), nullptr);
}

TEST(Dump, WhatIsNoValueIsRefused) {
  const CollectionLimits limits;
  using namespace std::string_literals;
  EXPECT_FALSE(dump_intact(""));
  EXPECT_FALSE(dump_intact(dump_value(*make_hash({{"a", "b"}}, false)) + "x"));
  EXPECT_FALSE(restore_value(sealed("\x04\x00"s), limits));  // no fields
  EXPECT_FALSE(restore_value(sealed("\x04\x02\x01"
                                    "a\x01"
                                    "b\x01"
                                    "a\x01"
                                    "c"s),
                             limits));  // one field twice
  EXPECT_FALSE(restore_value(sealed("\x10\x07"s + std::string(Listpack::empty())), limits));
  EXPECT_FALSE(restore_value(sealed("\x10\xFF"s), limits));
  EXPECT_FALSE(restore_value(sealed("\x07"s), limits));
  EXPECT_FALSE(restore_value(sealed("\x00\xC3\x01\x81\x00\x00\x00\x01\x00\x00\x00\x00x"s), limits));  // packed 4 GiB
}

// Any bytes with a right checksum: an error, or a value that can be read and written again.
TEST(Dump, NoPayloadDoesHarm) {
  std::mt19937 random(3);
  Fields fields;
  for (int i = 0; i < 40; ++i) fields["field" + std::to_string(i * i * 97)] = std::string(i, 'v');
  Members members, integers;
  for (int i = 0; i < 60; ++i) members.insert("member" + std::to_string(i * i * 97));
  for (int i = 0; i < 60; ++i) integers.insert(std::to_string(i * i * 97));
  unsigned refused = 0, restored = 0;
  for (const std::string& payload :
       {dump_value(*make_hash(fields, false)), dump_value(*make_hash(fields, true)), dump_value(*make_set(members)),
        dump_value(*make_set(integers)), dump_value(*make_timed_hash(fields, {{"field0", 7}, {"field97", 9}}, false)),
        dump_value(*make_timed_hash(fields, {{"field0", 7}, {"field97", 9}}, true))}) {
    const std::string body = payload.substr(0, payload.size() - 10);
    for (int round = 0; round < 4000; ++round) {
      std::string damaged = body;
      for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      if (round % 5 == 0) damaged.resize(random() % damaged.size());
      auto value = restore_value(sealed(damaged), CollectionLimits{});
      if (!value) {
        ++refused;
        continue;
      }
      ++restored;
      const RecordPointer record = make_record(std::move(*value));
      EXPECT_TRUE(restore_value(dump_value(*record), CollectionLimits{}).has_value());
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(restored, 100u);
}

TEST(Dump, SetsComeBackInTheEncodingThatTheLimitsAskFor) {
  Members many, integers = {"1", "-2", "70000"};
  for (int i = 0; i < 200; ++i) many.insert("member" + std::to_string(i));
  for (const Members& members : {integers, Members{"a", "17", ""}, many}) {
    const auto value = restore_value(dump_value(*make_set(members)), CollectionLimits{});
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(value->encoding, make_set(members)->encoding());
  }
  // Integers in any form: the limits of this server decide.
  for (const std::int64_t there : {2, 512}) {
    for (const std::int64_t here : {2, 512}) {
      auto value =
          restore_value(dump_value(*make_set(integers, there)), CollectionLimits{.set_max_intset_entries = here});
      ASSERT_TRUE(value.has_value());
      EXPECT_EQ(value->encoding, here == 2 ? Encoding::kObject : Encoding::kIntset);
      EXPECT_EQ(members_of(*make_record(std::move(*value))), integers);
    }
  }
}

TEST(Dump, ListsComeBackInOrder) {
  const std::vector<std::string> elements = {"a", "1", "", "a", "-70000", std::string(9000, 'x'), "b", "17"};
  for (const bool large : {false, true}) {
    const std::string payload = dump_value(*make_list(elements, large));
    ASSERT_TRUE(dump_intact(payload));
    for (const std::int64_t limit : {-5, -2, 1, 5}) {
      auto value = restore_value(payload, CollectionLimits{.list_max_listpack_size = limit});
      ASSERT_TRUE(value.has_value());
      EXPECT_EQ(value->encoding, limit == -5 ? Encoding::kListpack : Encoding::kObject);
      EXPECT_EQ(elements_of(*make_record(std::move(*value))), elements);
    }
  }
}

TEST(Dump, WhatIsNoSetIsRefused) {
  const CollectionLimits limits;
  using namespace std::string_literals;
  EXPECT_FALSE(restore_value(sealed("\x02\x00"s), limits));  // no members
  EXPECT_FALSE(restore_value(sealed("\x02\x02\x01"
                                    "a\x01"
                                    "a"s),
                             limits));                                               // one twice
  EXPECT_FALSE(restore_value(sealed("\x0B\x08\2\0\0\0\0\0\0\0"s), limits));          // no integers
  EXPECT_FALSE(restore_value(sealed("\x0B\x0C\2\0\0\0\2\0\0\0\2\0\1\0"s), limits));  // not ascending
  EXPECT_TRUE(restore_value(sealed("\x0B\x0C\2\0\0\0\2\0\0\0\1\0\2\0"s), limits));
}

TEST(Dump, QuicklistsAreCheckedInFull) {
  using namespace std::string_literals;
  const CollectionLimits limits;
  const std::string empty(Listpack::empty());
  // What redis-server 7.0 has in the payload of DUMP for RPUSH l a 1 b.
  const std::string listpack = "\x0F\x00\x00\x00\x03\x00\x81\x61\x02\x01\x01\x81\x62\x02\xFF"s;
  const auto restored = [&](const std::string& body) {
    auto value = restore_value(sealed(body), limits);
    return value ? elements_of(*make_record(std::move(*value))) : std::vector<std::string>{};
  };
  using Elements = std::vector<std::string>;
  EXPECT_EQ(restored("\x12\x01\x02\x0F"s + listpack), (Elements{"a", "1", "b"}));
  EXPECT_EQ(restored("\x12\x03\x01\x02hi\x02\x07"s + empty + "\x02\x0F" + listpack), (Elements{"hi", "a", "1", "b"}));
  EXPECT_EQ(restored("\x01\x02\x01"
                     "a\xC0\x05"s),
            (Elements{"a", "5"}));
  EXPECT_FALSE(restore_value(sealed("\x12\x00"s), limits));                     // no nodes
  EXPECT_FALSE(restore_value(sealed("\x12\x01\x02\x07"s + empty), limits));     // no elements
  EXPECT_FALSE(restore_value(sealed("\x12\x01\x01\x00"s), limits));             // an empty plain node
  EXPECT_FALSE(restore_value(sealed("\x12\x01\x03\x0F"s + listpack), limits));  // no such kind of node
  EXPECT_FALSE(restore_value(sealed("\x12\x02\x02\x0F"s + listpack), limits));  // a node too few
  EXPECT_FALSE(restore_value(sealed("\x12\x01\x02\x0E"s + listpack), limits));  // a listpack cut short
  EXPECT_FALSE(restore_value(sealed("\x01\x00"s), limits));
  EXPECT_FALSE(restore_value(sealed("\x01\x81\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), limits));
}

TEST(Dump, NoPayloadOfAListDoesHarm) {
  std::mt19937 random(4);
  std::vector<std::string> elements;
  elements.reserve(40);
  for (int i = 0; i < 40; ++i) elements.push_back(i % 2 ? std::to_string(i * i * 997) : std::string(i, 'v'));
  unsigned refused = 0, restored = 0;
  for (const bool large : {false, true}) {
    const std::string payload = dump_value(*make_list(elements, large));
    const std::string body = payload.substr(0, payload.size() - 10);
    for (int round = 0; round < 4000; ++round) {
      std::string damaged = body;
      for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      if (round % 5 == 0) damaged.resize(random() % damaged.size());
      auto value = restore_value(sealed(damaged), CollectionLimits{.list_max_listpack_size = 7});
      if (!value) {
        ++refused;
        continue;
      }
      ++restored;
      const RecordPointer record = make_record(std::move(*value));
      EXPECT_TRUE(restore_value(dump_value(*record), CollectionLimits{}).has_value());
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(restored, 100u);
}

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Parts of what redis-server 7.0 has in the payload of DUMP: three entries, the second one deleted, the first pending.
constexpr std::string_view kStreamNodes =
    "0110000000000000000100000000000000013f3f000000180002010101010181610200010201000100018162020401030101"
    "010001070104010001020104010201817802817902817a02f2a08601040801ff";
constexpr std::string_view kPendingAndConsumer =
    "0100000000000000010000000000000001c10d560ea20100000101"
    "0163c10d560ea2010000";
constexpr std::string_view kOwned = "0100000000000000010000000000000001";

// The store's own image ends with the time; one without it, as earlier versions wrote it, counts as RDB type 19.
void expect_active_time_in_image(const Record& record, std::int64_t active_ms, std::int64_t seen_ms) {
  std::string image;
  storage::encode_value(image, record);
  const auto active_in = [](std::string_view bytes) -> std::optional<std::int64_t> {
    const auto object = object_decoder().decode(ValueType::kStream, storage::kNoExpiry, bytes);
    if (!object.ok()) return std::nullopt;
    return static_cast<const Stream&>(**object).group("g")->consumer("c")->active_ms;
  };
  EXPECT_EQ(active_in(image), active_ms);
  const std::string_view without = std::string_view(image).substr(0, image.size() - sizeof(std::int64_t));
  EXPECT_EQ(active_in(without), seen_ms);
  EXPECT_EQ(active_in(std::string_view(image).substr(0, image.size() - 1)), std::nullopt);
  EXPECT_EQ(active_in(image + "x"), std::nullopt);
}

TEST(Dump, StreamsOfAllVersionsAreRead) {
  const std::string nodes(kStreamNodes), pending(kPendingAndConsumer), owned(kOwned);
  const std::string seven = "13" + nodes + "0203050101020103" + "0101670101" + "81ffffffffffffffff" + pending + owned;
  const std::string five = "0f" + nodes + "020305" + "0101670101" + pending + owned;
  const std::string seven_two =
      "15" + nodes + "0203050101020103" + "010167010101" + pending + "0102030405060708" + owned;
  for (const std::string& digits : {seven, five, seven_two}) {
    auto value = restore_value(sealed(unhex(digits)), CollectionLimits{});
    ASSERT_TRUE(value.has_value());
    const RecordPointer record = make_record(std::move(*value));
    const auto& stream = static_cast<const Stream&>(*record->object());
    EXPECT_EQ(stream.size(), 2u);
    EXPECT_EQ(stream.first_id(), (StreamId{1, 1}));
    EXPECT_EQ(stream.last_id(), (StreamId{3, 5}));
    EXPECT_EQ(stream.entries_added(), digits == five ? 2u : 3u);
    const StreamGroup& group = *stream.group("g");
    EXPECT_EQ(group.find_pending({1, 1})->consumer, group.consumer("c"));
    EXPECT_EQ(group.consumer("c")->seen_ms, 1795536850369);
    const std::int64_t active_ms = digits == seven_two ? 0x0807060504030201 : 1795536850369;
    EXPECT_EQ(group.consumer("c")->active_ms, active_ms);
    expect_active_time_in_image(*record, active_ms, 1795536850369);
    EXPECT_EQ(dump_value(*record).substr(0, 3), unhex("130110"));
    EXPECT_TRUE(digits != seven || dump_value(*record) == sealed(unhex(seven)));
    for (std::size_t size = 1; size < digits.size() / 2; ++size) {
      EXPECT_FALSE(restore_value(sealed(unhex(digits).substr(0, size)), CollectionLimits{}));
    }
  }
  // Pending without a consumer, for two consumers, and for a consumer but not in the group.
  const std::string head = "13" + nodes + "0203050101020103" + "010167010101";
  EXPECT_FALSE(restore_value(sealed(unhex(head + pending + "00")), CollectionLimits{}));
  EXPECT_FALSE(restore_value(sealed(unhex(head + "0001" + "0163c10d560ea2010000" + owned)), CollectionLimits{}));
  // The count is one, the entries are two.
  EXPECT_FALSE(restore_value(sealed(unhex("13" + nodes + "010305010102010300")), CollectionLimits{}));
  EXPECT_TRUE(restore_value(sealed(unhex("13" + nodes + "020305010102010300")), CollectionLimits{}));
}

TEST(Dump, SortedSetsComeBackInTheEncodingThatTheLimitsAskFor) {
  const std::map<std::string, double> scores = {{"a", 1}, {"", -0.25}, {"17", 1e300}, {std::string(60, 'x'), 3}};
  for (const std::int64_t there : {3, 128}) {
    const std::string payload = dump_value(*make_sorted_set(scores, there));
    ASSERT_TRUE(dump_intact(payload));
    for (const std::int64_t here : {3, 128}) {
      auto value = restore_value(payload, CollectionLimits{.zset_max_listpack_entries = here});
      ASSERT_TRUE(value.has_value());
      EXPECT_EQ(value->encoding, here == 3 ? Encoding::kObject : Encoding::kListpack);
      EXPECT_EQ(scores_of(*make_record(std::move(*value))), scores);
    }
  }
}

TEST(Dump, WhatIsNoSortedSetIsRefused) {
  using namespace std::string_literals;
  const CollectionLimits limits;
  EXPECT_FALSE(restore_value(sealed("\x05\x00"s), limits));  // no members
  EXPECT_TRUE(restore_value(sealed("\x05\x01\x01x\0\0\0\0\0\0\xF0\x3F"s), limits));
  EXPECT_FALSE(restore_value(sealed("\x05\x01\x01x\0\0\0\0\0\0\xF8\x7F"s), limits));  // a NaN
  EXPECT_FALSE(restore_value(sealed("\x05\x01\x01x\0\0\0\0\0\0\xF0"s), limits));      // cut short
  EXPECT_TRUE(restore_value(sealed("\x03\x02\x01x\x03"
                                   "1.5\x01y\xFE"s),
                            limits));
  EXPECT_FALSE(restore_value(sealed("\x03\x02\x01x\x03"
                                    "1.5\x01x\xFE"s),
                             limits));  // one twice
  EXPECT_FALSE(restore_value(sealed("\x03\x01\x01x\xFD"s), limits));
  const auto packed = [&](std::initializer_list<std::string_view> elements) {
    std::string bytes(Listpack::empty());
    for (const std::string_view element : elements) ListpackEditor(bytes).append(element);
    return sealed("\x11"s + static_cast<char>(bytes.size()) + bytes);
  };
  EXPECT_TRUE(restore_value(packed({"a", "1", "b", "1.5"}), limits));
  EXPECT_FALSE(restore_value(packed({}), limits));
  EXPECT_FALSE(restore_value(packed({"a"}), limits));
  EXPECT_FALSE(restore_value(packed({"a", "b"}), limits));
  EXPECT_FALSE(restore_value(packed({"a", "1", "a", "2"}), limits));
}

TEST(Dump, NoPayloadOfASortedSetDoesHarm) {
  std::mt19937 random(6);
  std::map<std::string, double> scores;
  for (int i = 0; i < 40; ++i) scores["member" + std::to_string(i * i * 97)] = i % 3 ? i : i / 7.0;
  unsigned refused = 0, restored = 0;
  for (const std::int64_t there : {3, 128}) {
    const std::string payload = dump_value(*make_sorted_set(scores, there));
    const std::string body = payload.substr(0, payload.size() - 10);
    for (int round = 0; round < 4000; ++round) {
      std::string damaged = body;
      for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      if (round % 5 == 0) damaged.resize(random() % damaged.size());
      auto value = restore_value(sealed(damaged), CollectionLimits{.zset_max_listpack_entries = 30});
      if (!value) {
        ++refused;
        continue;
      }
      ++restored;
      const RecordPointer record = make_record(std::move(*value));
      EXPECT_TRUE(restore_value(dump_value(*record), CollectionLimits{}).has_value());
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(restored, 100u);
}

TEST(CopyValue, IsIndependentOfALargeRecord) {
  const Fields fields = {{"a", "1"}, {"b", std::string(1000, 'x')}};
  RecordPointer record = make_hash(fields, true);
  RecordPointer copy = make_record(copy_value(*record));
  record.reset();
  EXPECT_EQ(fields_of(*copy), fields);
}

}  // namespace
}  // namespace terrace::types
