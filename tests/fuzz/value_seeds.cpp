// The seeds of value.cpp: a body of every RDB type that is read, and an image of every large type.
#include <string>
#include <vector>

#include "src/types/dump.h"
#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/score_tree.h"
#include "src/types/list/list_nodes.h"
#include "src/types/set/set.h"
#include "src/types/stream/stream.h"
#include "src/types/string/hyperloglog.h"
#include "src/types/zset/sorted_set.h"
#include "storage/base/varint.h"
#include "storage/record/rdb_string.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/value_store.h"

namespace terrace::fuzz {

namespace {

using namespace terrace::types;
using namespace std::string_literals;
using storage::Encoding;
using storage::ObjectPointer;
using storage::put_rdb_bytes;
using storage::put_rdb_length;
using storage::put_rdb_string;
using storage::ValueType;

constexpr unsigned kPayloadOnly = 0, kImage = 1, kSmallLimits = 2;

// Behind the bytes what is read first: the flags; a seed before them.
std::string input(const std::string& bytes, unsigned flags) {
  return bytes + "\x2a\x05" + static_cast<char>(flags);
}

std::vector<std::string> names(unsigned count) {
  std::vector<std::string> texts;
  for (unsigned i = 0; i < count; ++i)
    texts.push_back(i % 3 == 0 ? std::to_string(i * 71) : "name" + std::to_string(i));
  texts.push_back(std::string(count * 5, 'l'));
  return texts;
}

std::string packed(const std::vector<std::string>& texts) {
  std::string bytes(Listpack::empty());
  for (const std::string& text : texts) ListpackEditor(bytes).append(text);
  return bytes;
}

std::unique_ptr<Stream> make_stream(unsigned entries) {
  auto stream = std::make_unique<Stream>();
  const std::string_view usual[] = {"name", "text", "number", "17"}, other[] = {"else", "x"};
  for (unsigned i = 1; i <= entries; ++i) {
    const std::span<const std::string_view> pairs =
        i % 4 ? std::span<const std::string_view>(usual) : std::span<const std::string_view>(other);
    stream->append({i / 2, i}, pairs, {.bytes = 200, .entries = 3});
  }
  stream->erase({1, 2});
  for (const char* name : {"group", "another"}) {
    StreamGroup& group = *stream->add_group(name);
    group.last_id = {entries / 2, entries};
    group.entries_read = entries;
    StreamConsumer& consumer = group.add_consumer("ann", 1000);
    group.add_consumer("bob", 1001);
    for (unsigned i = 3; i <= entries; ++i) group.set_pending({i / 2, i}, consumer, 1002, i);
  }
  return stream;
}

std::vector<std::pair<ValueType, ObjectPointer>> large_values() {
  std::vector<std::pair<ValueType, ObjectPointer>> values;
  auto hash = std::make_unique<PackedTable>(PackedTable::Values::kBytes);
  auto set = std::make_unique<PackedTable>(PackedTable::Values::kNone);
  auto tree = std::make_unique<ScoreTree>();
  auto list = std::make_unique<ListNodes>();
  double score = -3;
  for (const std::string& name : names(12)) {
    hash->set(name, "value of " + name);
    set->set(name, "");
    tree->set({score += 0.75, name});
    list->push_back(name, {.count = 4});
  }
  values.emplace_back(ValueType::kList, std::move(list));
  values.emplace_back(ValueType::kSet, std::move(set));
  values.emplace_back(ValueType::kSortedSet, std::move(tree));
  values.emplace_back(ValueType::kHash, std::move(hash));
  values.emplace_back(ValueType::kStream, make_stream(7));
  return values;
}

std::vector<Value> small_values() {
  std::vector<Value> values;
  const auto add = [&](ValueType type, Encoding encoding, std::string bytes) {
    values.push_back({.type = type, .encoding = encoding, .bytes = std::move(bytes), .object = {}});
  };
  add(ValueType::kString, Encoding::kEmbedded, "some text");
  add(ValueType::kString, Encoding::kInteger, "\x15\xcd\x5b\x07\0\0\0\0"s);
  HyperLogLog sketch;
  for (const std::string& name : names(8)) sketch.raise(HllObservation::of(name), 3000);
  add(ValueType::kString, Encoding::kRaw, sketch.bytes());
  add(ValueType::kList, Encoding::kListpack, packed(names(5)));
  add(ValueType::kHash, Encoding::kListpack, packed(names(5)));
  add(ValueType::kSet, Encoding::kListpack, packed(names(5)));
  std::string members(Listpack::empty());
  for (unsigned i = 0; i < 5; ++i) {
    ListpackEditor(members).append("member" + std::to_string(i));
    ListpackEditor(members).append(std::to_string(i) + (i % 2 ? ".5" : ""));
  }
  add(ValueType::kSortedSet, Encoding::kListpack, members);
  for (const std::int64_t step : {1ll, 1000ll, 100'000ll, 10'000'000'000ll}) {
    const CollectionLimits limits;
    NewSet set(SetInValue(), limits);
    for (int i = 0; i < 4; ++i) set.add(std::to_string(step * i - 1));
    values.push_back(set.holder().take());
  }
  return values;
}

// The forms that this server does not write, each behind its type.
std::vector<std::string> foreign_bodies() {
  std::string list("\1"), set("\2"), old_scores("\3"), hash("\4"), plain_nodes("\x12");
  for (std::string* body : {&list, &set, &old_scores, &hash}) put_rdb_length(*body, 3);
  put_rdb_length(plain_nodes, 3);
  const std::string digits[] = {
      "\3"
      "1.5",
      "\xfe", "\xff"};
  for (unsigned i = 0; i < 3; ++i) {
    const std::string name = names(3)[i];
    for (std::string* body : {&list, &set, &old_scores, &hash}) put_rdb_string(*body, name);
    old_scores += digits[i];
    put_rdb_string(hash, "value");
    put_rdb_length(plain_nodes, i == 1 ? 1 : 2);
    put_rdb_bytes(plain_nodes, i == 1 ? name : packed(names(i + 1)));
  }
  // LZF: one literal byte, and a reference back by 1 of 9 + 2 bytes.
  const std::string compressed = "\0\xc3\5\x0c\0a\xe0\2\0"s;
  std::string packed_set("\x14");
  put_rdb_bytes(packed_set, packed(names(9)));
  return {list, set, old_scores, hash, plain_nodes, packed_set, compressed};
}

// As Redis 5 and as Redis 7.2 write streams: one node with an entry, a group, a consumer.
std::string stream_body(unsigned version) {
  const std::string id = std::string(7, '\0') + '\1' + std::string(7, '\0') + '\1';
  std::string body(1, version == 5 ? '\x0f' : '\x15');
  put_rdb_length(body, 1);
  put_rdb_bytes(body, id);
  put_rdb_bytes(body, packed({"1", "0", "1", "name", "0", "2", "0", "0", "text", "4"}));
  for (const std::uint64_t number : {1, 1, 1}) put_rdb_length(body, number);
  if (version != 5) {
    for (const std::uint64_t number : {1, 1, 0, 0, 1}) put_rdb_length(body, number);
  }
  put_rdb_length(body, 1);
  put_rdb_bytes(body, "group");
  for (const std::uint64_t number : {1, 1}) put_rdb_length(body, number);
  if (version != 5) put_rdb_length(body, 1);
  put_rdb_length(body, 1);
  body += id;
  storage::put_fixed(body, std::int64_t{1000});
  put_rdb_length(body, 1);
  put_rdb_length(body, 1);
  put_rdb_bytes(body, "ann");
  for (unsigned i = 0; i < (version == 5 ? 1u : 2u); ++i) storage::put_fixed(body, std::int64_t{1001});
  put_rdb_length(body, 1);
  return body + id;
}

std::string body_of(const storage::Record& record) {
  const std::string payload = dump_value(record);
  return payload.substr(0, payload.size() - sizeof(std::uint16_t) - sizeof(std::uint64_t));
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  const auto add_payload = [&](const std::string& body) {
    seeds.push_back(input(body, kPayloadOnly));
    seeds.push_back(input(body, kSmallLimits));
  };
  char type = 0;
  for (auto& [value_type, object] : large_values()) {
    ValueStore store;
    const storage::Record& record =
        *store.put({.type = value_type, .encoding = Encoding::kObject, .bytes = {}, .object = std::move(object)});
    add_payload(body_of(record));
    std::string image(1, type++);
    storage::encode_value(image, record);
    seeds.push_back(input(image, kImage));
    seeds.push_back(input(image, kImage | kSmallLimits));
  }
  for (Value& value : small_values()) {
    ValueStore store;
    add_payload(body_of(*store.put(std::move(value))));
  }
  for (const std::string& body : foreign_bodies()) add_payload(body);
  for (const unsigned version : {5u, 72u}) add_payload(stream_body(version));
  return seeds;
}

std::vector<std::string> words() {
  return {std::string(Listpack::empty()),
          "HYLL",
          "\x81" + std::string(8, '\x7f'),
          "\xc3",
          "\xf4" + std::string(8, '\x7f') + "\x09",
          std::string("\4\0\0\0", 4),
          std::string("\x08\0\0\0", 4),
          std::string(8, '\xff')};
}

}  // namespace terrace::fuzz
