#include "src/types/dump.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "src/types/crc64.h"
#include "src/types/encoding/listpack.h"
#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/rdb_reader.h"
#include "src/types/encoding/timed_listpack.h"
#include "src/types/hash/timed_hash.h"
#include "src/types/list/list_nodes.h"
#include "src/types/set/set.h"
#include "src/types/stream/stream_image.h"
#include "src/types/string/string.h"
#include "src/types/zset/sorted_set.h"
#include "storage/record/image.h"
#include "storage/record/rdb_string.h"

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::ValueType;

// RDB's numbers of value types, which a record's type and encoding determine.
enum RdbType : std::uint8_t {
  kRdbString = 0,
  kRdbList = 1,
  kRdbSet = 2,
  kRdbSortedSet = 3,
  kRdbHash = 4,
  kRdbSortedSet2 = 5,
  kRdbSetIntset = 11,
  kRdbHashListpack = 16,
  kRdbStreamListpacks = 15,
  kRdbSortedSetListpack = 17,
  kRdbListQuicklist2 = 18,
  kRdbStreamListpacks2 = 19,
  kRdbSetListpack = 20,
  kRdbStreamListpacks3 = 21,
  kRdbTimedHash = 24,         // behind the soonest time
  kRdbTimedHashListpack = 25  // likewise
};

constexpr std::uint16_t kRdbVersion = 10;
// The first version with hashes whose fields expire.
constexpr std::uint16_t kRdbVersionOfTimes = 12;
// Payloads of later versions are read as far as their types are known here.
constexpr std::uint16_t kNewestRdbVersion = 12;
constexpr std::size_t kTrailerSize = sizeof(std::uint16_t) + sizeof(std::uint64_t);

RdbType rdb_type(const storage::Record& record) {
  switch (record.type()) {
    case ValueType::kHash:
      if (record.encoding() == Encoding::kTimedListpack) return kRdbTimedHashListpack;
      if (record.expires().parts) return kRdbTimedHash;
      return record.object() ? kRdbHash : kRdbHashListpack;
    case ValueType::kSet:
      return record.encoding() == Encoding::kIntset ? kRdbSetIntset : kRdbSet;
    case ValueType::kSortedSet:
      return record.object() ? kRdbSortedSet2 : kRdbSortedSetListpack;
    case ValueType::kList:
      return kRdbListQuicklist2;
    case ValueType::kStream:
      return kRdbStreamListpacks2;
    default:
      TERRACE_CHECK(record.type() == ValueType::kString);
      return kRdbString;
  }
}

// RDB 10 has no listpacks of a set's members: type 20 came with 11.
bool dumped_by_member(const storage::Record& record) {
  return record.type() == ValueType::kSet && record.encoding() == Encoding::kListpack;
}

void append_members(std::string& out, const SetView& set) {
  storage::put_rdb_length(out, set.size());
  set.for_each([&out](std::string_view member) { storage::put_rdb_string(out, member); });
}

Value restore_string(RdbReader& reader) {
  const RdbText text = reader.text();
  const EncodedString string(text.view());
  return {
      .type = ValueType::kString, .encoding = string.encoding(), .bytes = std::string(string.bytes()), .object = {}};
}

Value packed_value(ValueType type, std::string bytes) {
  return {.type = type, .encoding = Encoding::kListpack, .bytes = std::move(bytes), .object = {}};
}
Value object_value(ValueType type, storage::ObjectPointer object) {
  return {.type = type, .encoding = Encoding::kObject, .bytes = {}, .object = std::move(object)};
}

// A hash that is built field by field, packed as long as the limits allow.
class HashBuilder {
 public:
  explicit HashBuilder(const CollectionLimits& limits) : limits_(limits) {}

  // False: the field was added already.
  bool add(std::string_view field, std::string_view value, std::int64_t time_ms = storage::kNoExpiry) {
    if (!table_ && !packs(field, value)) unpack();
    if (time_ms != storage::kNoExpiry) times_.emplace(field, time_ms);
    if (table_) return table_->set(field, value);
    if (!fields_.emplace(field).second) return false;
    ListpackEditor editor(bytes_);
    editor.append(field);
    editor.append(value);
    return true;
  }
  bool empty() const { return !table_ && fields_.empty(); }
  Value take() {
    if (!times_.empty()) return table_ ? take_timed_table() : take_timed_listpack();
    return table_ ? object_value(ValueType::kHash, std::move(table_))
                  : packed_value(ValueType::kHash, std::move(bytes_));
  }

 private:
  bool packs(std::string_view field, std::string_view value) const {
    return static_cast<std::int64_t>(fields_.size()) < limits_.hash_max_listpack_entries &&
           static_cast<std::int64_t>(std::max(field.size(), value.size())) <= limits_.hash_max_listpack_value &&
           bytes_.size() + field.size() + value.size() < Listpack::kMaxSize;
  }
  void unpack() {
    table_ = std::make_unique<PackedTable>(PackedTable::Values::kBytes);
    const Listpack listpack(bytes_);
    for (std::size_t place = listpack.begin(); place != listpack.end();) {
      const ElementText field(listpack.element(place));
      place = listpack.next(place);
      table_->set(field.view(), ElementText(listpack.element(place)).view());
      place = listpack.next(place);
    }
  }
  Value take_timed_table() {
    auto hash = std::make_unique<TimedHash>(std::move(table_));
    for (const auto& [field, time_ms] : times_) hash->set_time(field, time_ms);
    return object_value(ValueType::kHash, std::move(hash));
  }
  Value take_timed_listpack() {
    Value value{.type = ValueType::kHash, .encoding = Encoding::kTimedListpack, .bytes = {}, .object = {}};
    value.bytes = TimedListpack::of(Listpack(bytes_));
    for (const auto& [field, time_ms] : times_) TimedListpackEditor(value.bytes).set_time(field, time_ms);
    return value;
  }

  const CollectionLimits& limits_;
  std::string bytes_{Listpack::empty()};
  std::unordered_set<std::string> fields_;
  std::unordered_map<std::string, std::int64_t> times_;
  std::unique_ptr<PackedTable> table_;
};

std::optional<Value> restore_hash(RdbReader& reader, const CollectionLimits& limits) {
  HashBuilder hash(limits);
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const RdbText field = reader.text();
    const RdbText value = reader.text();
    if (reader.ok() && !hash.add(field.view(), value.view())) return std::nullopt;
  }
  if (hash.empty()) return std::nullopt;
  return hash.take();
}

std::optional<Value> restore_hash_listpack(RdbReader& reader, const CollectionLimits& limits) {
  const RdbText text = reader.text();
  const Listpack listpack(text.view());
  if (!Listpack::valid(listpack.bytes()) || listpack.count() == 0 || listpack.count() % 2 != 0) return std::nullopt;
  // Field by field: this finds duplicate fields, and the limits of this server determine the encoding.
  HashBuilder hash(limits);
  for (std::size_t place = listpack.begin(); place != listpack.end();) {
    const ElementText field(listpack.element(place));
    place = listpack.next(place);
    const ElementText value(listpack.element(place));
    place = listpack.next(place);
    if (!hash.add(field.view(), value.view())) return std::nullopt;
  }
  return hash.take();
}

std::optional<Value> restore_timed_hash(RdbReader& reader, const CollectionLimits& limits) {
  HashBuilder hash(limits);
  const std::int64_t soonest_ms = reader.time_ms();
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const auto time_ms = field_time_from(reader.length(), soonest_ms);
    const RdbText field = reader.text();
    const RdbText value = reader.text();
    if (reader.ok() && (!time_ms || !hash.add(field.view(), value.view(), *time_ms))) return std::nullopt;
  }
  if (hash.empty()) return std::nullopt;
  return hash.take();
}

std::optional<Value> restore_timed_hash_listpack(RdbReader& reader, const CollectionLimits& limits) {
  reader.time_ms();  // the listpack has it too
  const RdbText text = reader.text();
  const Listpack listpack(text.view());
  if (!Listpack::valid(listpack.bytes()) || listpack.count() == 0) return std::nullopt;
  if (listpack.count() % TimedListpack::kStride != 0) return std::nullopt;
  HashBuilder hash(limits);
  for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
    const ElementText field(listpack.element(place));
    place = listpack.next(place);
    const ElementText value(listpack.element(place));
    place = listpack.next(place);
    const PackedElement time = listpack.element(place);
    if (!time.is_integer() || time.integer() < 0) return std::nullopt;
    if (static_cast<std::uint64_t>(time.integer()) > kMaxFieldTimeMs) return std::nullopt;
    const std::int64_t time_ms = time.integer() == 0 ? storage::kNoExpiry : time.integer();
    if (!hash.add(field.view(), value.view(), time_ms)) return std::nullopt;
  }
  return hash.take();
}

std::optional<Value> restore_set(RdbReader& reader, const CollectionLimits& limits) {
  NewSet set(SetInValue(), limits);
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const RdbText member = reader.text();
    if (reader.ok() && !set.add(member.view())) return std::nullopt;
  }
  if (set.empty()) return std::nullopt;
  return set.holder().take();
}

std::optional<Value> restore_set_listpack(RdbReader& reader, const CollectionLimits& limits) {
  const RdbText text = reader.text();
  const Listpack listpack(text.view());
  if (!Listpack::valid(listpack.bytes()) || listpack.count() == 0) return std::nullopt;
  // Member by member: this finds duplicates, and the limits of this server determine the encoding.
  NewSet set(SetInValue(), limits);
  for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
    if (!set.add(ElementText(listpack.element(place)).view())) return std::nullopt;
  }
  return set.holder().take();
}

std::optional<Value> restore_intset(RdbReader& reader, const CollectionLimits& limits) {
  const RdbText text = reader.text();
  if (!Intset::valid(text.view()) || Intset(text.view()).size() == 0) return std::nullopt;
  Value value{.type = ValueType::kSet, .encoding = Encoding::kIntset, .bytes = std::string(text.view()), .object = {}};
  if (static_cast<std::int64_t>(Intset(text.view()).size()) <= limits.set_max_intset_entries) return value;
  NewSet set(SetInValue(), limits);
  SetView(value).for_each([&set](std::string_view member) { set.add(member); });
  return set.holder().take();
}

// A score in the oldest encoding: the number of its digits and the digits, or one of three numbers for inf, -inf and
// NaN.
std::optional<double> read_old_score(RdbReader& reader) {
  constexpr std::uint8_t kNan = 253, kInfinity = 254, kMinusInfinity = 255;
  const std::uint8_t size = reader.byte();
  if (size == kNan) return std::nullopt;
  if (size == kInfinity) return std::numeric_limits<double>::infinity();
  if (size == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  std::string digits;
  for (unsigned i = 0; i < size; ++i) digits.push_back(static_cast<char>(reader.byte()));
  return parse_stored_score(digits);
}

// `read_score` returns nullopt if there is no valid score.
template <typename ReadScore>
std::optional<Value> restore_sorted_set(RdbReader& reader, const CollectionLimits& limits,
                                        const ReadScore& read_score) {
  SortedSetBuilder builder;
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const RdbText member = reader.text();
    const std::optional<double> score = read_score(reader);
    if (reader.ok() && (!score || std::isnan(*score) || !builder.add({*score, member.view()}))) return std::nullopt;
  }
  if (builder.members().size() == 0) return std::nullopt;
  return builder.take(limits);
}

std::optional<Value> restore_sorted_set_listpack(RdbReader& reader, const CollectionLimits& limits) {
  const RdbText text = reader.text();
  const Listpack listpack(text.view());
  if (!Listpack::valid(listpack.bytes()) || listpack.count() == 0 || listpack.count() % 2 != 0) return std::nullopt;
  // Member by member: this finds duplicate members, invalid scores and a wrong order.
  SortedSetBuilder builder;
  for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
    const ElementText member(listpack.element(place));
    place = listpack.next(place);
    const auto score = parse_stored_score(ElementText(listpack.element(place)).view());
    if (!score || !builder.add({*score, member.view()})) return std::nullopt;
  }
  return builder.take(limits);
}

// RDB's kinds of quicklist nodes: one plain element, or a listpack.
constexpr std::uint64_t kPlainNode = 1, kPackedNode = 2;

// A list that is built element by element, packed as long as the limits allow.
class ListBuilder {
 public:
  explicit ListBuilder(const CollectionLimits& limits) : limit_(ListNodeLimit::of(limits)) {}

  void add(std::string_view text) {
    if (!nodes_ && !limit_.fits(bytes_.size(), Listpack(bytes_).count(), text)) {
      nodes_ = std::make_unique<ListNodes>();
      if (!empty()) nodes_ = std::make_unique<ListNodes>(bytes_);
    }
    if (nodes_) return nodes_->push_back(text, limit_);
    ListpackEditor(bytes_).append(text);
  }
  bool empty() const { return bytes_ == Listpack::empty() && (!nodes_ || nodes_->size() == 0); }
  Value take() {
    return nodes_ ? object_value(ValueType::kList, std::move(nodes_))
                  : packed_value(ValueType::kList, std::move(bytes_));
  }

 private:
  ListNodeLimit limit_;
  std::string bytes_{Listpack::empty()};
  std::unique_ptr<ListNodes> nodes_;
};

std::optional<Value> restore_list(RdbReader& reader, const CollectionLimits& limits) {
  ListBuilder list(limits);
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const RdbText text = reader.text();
    if (reader.ok()) list.add(text.view());
  }
  if (list.empty()) return std::nullopt;
  return list.take();
}

std::optional<Value> restore_quicklist(RdbReader& reader, const CollectionLimits& limits) {
  ListBuilder list(limits);
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t kind = reader.length();
    const RdbText text = reader.text();
    if (!reader.ok() || text.view().empty()) return std::nullopt;
    if (kind == kPlainNode) {
      list.add(text.view());
      continue;
    }
    // A listpack may be empty, but not all of a list's.
    const Listpack listpack(text.view());
    if (kind != kPackedNode || !Listpack::valid(listpack.bytes())) return std::nullopt;
    for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
      list.add(ElementText(listpack.element(place)).view());
    }
  }
  if (list.empty()) return std::nullopt;
  return list.take();
}

std::optional<Value> restore_stream(RdbReader& reader, StreamImageVersion version) {
  auto stream = StreamImage::read(reader, version);
  if (!stream) return std::nullopt;
  return object_value(ValueType::kStream, std::move(stream));
}

std::optional<Value> restore(RdbReader& reader, const CollectionLimits& limits) {
  switch (reader.byte()) {
    case kRdbString:
      return restore_string(reader);
    case kRdbList:
      return restore_list(reader, limits);
    case kRdbListQuicklist2:
      return restore_quicklist(reader, limits);
    case kRdbHash:
      return restore_hash(reader, limits);
    case kRdbSet:
      return restore_set(reader, limits);
    case kRdbSetListpack:
      return restore_set_listpack(reader, limits);
    case kRdbSetIntset:
      return restore_intset(reader, limits);
    case kRdbHashListpack:
      return restore_hash_listpack(reader, limits);
    case kRdbTimedHash:
      return restore_timed_hash(reader, limits);
    case kRdbTimedHashListpack:
      return restore_timed_hash_listpack(reader, limits);
    case kRdbStreamListpacks:
      return restore_stream(reader, StreamImageVersion::kRedis5);
    case kRdbStreamListpacks2:
      return restore_stream(reader, StreamImageVersion::kRedis7);
    case kRdbStreamListpacks3:
      return restore_stream(reader, StreamImageVersion::kRedis72);
    case kRdbSortedSet:
      return restore_sorted_set(reader, limits, read_old_score);
    case kRdbSortedSet2:
      return restore_sorted_set(reader, limits, [](RdbReader& from) { return std::optional(from.binary_double()); });
    case kRdbSortedSetListpack:
      return restore_sorted_set_listpack(reader, limits);
    default:
      return std::nullopt;
  }
}

template <typename T>
T load(std::string_view bytes, std::size_t place) {
  T value;
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

}  // namespace

std::string dump_value(const storage::Record& record) {
  std::string payload;
  payload.reserve(storage::image_size_bound(record) + kTrailerSize);
  const RdbType type = rdb_type(record);
  payload.push_back(static_cast<char>(type));
  const bool timed = type == kRdbTimedHash || type == kRdbTimedHashListpack;
  if (timed) storage::put_fixed(payload, record.expires().parts ? record.parts_expiry_ms() : std::int64_t{0});
  // A list of one listpack is written as a quicklist of one node.
  if (record.type() == ValueType::kList && !record.object()) {
    storage::put_rdb_length(payload, 1);
    storage::put_rdb_length(payload, kPackedNode);
  }
  if (dumped_by_member(record)) {
    append_members(payload, SetView(record));
  } else if (record.type() == ValueType::kStream) {
    StreamImage::append(payload, static_cast<const Stream&>(*record.object()));
  } else {
    storage::encode_value(payload, record);
  }
  storage::put_fixed(payload, timed ? kRdbVersionOfTimes : kRdbVersion);
  storage::put_fixed(payload, crc64(payload));
  return payload;
}

bool dump_intact(std::string_view payload) {
  if (payload.size() < kTrailerSize) return false;
  const std::size_t end = payload.size() - sizeof(std::uint64_t);
  return load<std::uint16_t>(payload, payload.size() - kTrailerSize) <= kNewestRdbVersion &&
         load<std::uint64_t>(payload, end) == crc64(payload.substr(0, end));
}

std::optional<Value> restore_value(std::string_view payload, const CollectionLimits& limits) {
  RdbReader reader(payload.substr(0, payload.size() - kTrailerSize));
  std::optional<Value> value = restore(reader, limits);
  // Redis ignores bytes behind the value.
  if (!reader.ok()) return std::nullopt;
  return value;
}

}  // namespace terrace::types
