// Values that anybody may have written: bodies of RESTORE's payloads, and images of large values as segments have them,
// fed in pieces. They are refused, or they are values of which everything holds that commands rely on (value_use.h),
// that can be changed, and that are the same after their image and their payload were read again.
//
// A body stands in an input without version and checksum, which are put right here.
#include <fuzzer/FuzzedDataProvider.h>

#include <string>
#include <utility>
#include <vector>

#include "src/types/crc64.h"
#include "src/types/dump.h"
#include "src/types/hash/hash.h"
#include "src/types/list/list.h"
#include "src/types/object_decoder.h"
#include "src/types/set/set.h"
#include "src/types/stream/stream.h"
#include "src/types/string/string.h"
#include "src/types/value_copy.h"
#include "src/types/value_digest.h"
#include "src/types/zset/sorted_set.h"
#include "storage/record/image.h"
#include "storage/record/rdb_string.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/value_store.h"
#include "tests/fuzz/value_use.h"

namespace terrace::fuzz {

namespace {

using namespace terrace::types;
using storage::Encoding;
using storage::kNoExpiry;
using storage::ObjectPointer;
using storage::Record;
using storage::ValueType;

// What an input says besides the bytes, at its end.
struct Choice {
  bool image = false;  // rather than a payload
  bool small_limits = false;
  std::uint64_t seed = 0;

  CollectionLimits limits() const {
    if (!small_limits) return {};
    return {.hash_max_listpack_entries = 4,
            .hash_max_listpack_value = 30,
            .hll_sparse_max_bytes = 40,
            .set_max_intset_entries = 4,
            .zset_max_listpack_entries = 4,
            .zset_max_listpack_value = 30,
            .list_max_listpack_size = 3,
            .stream_node_max_bytes = 200,
            .stream_node_max_entries = 3};
  }
};

std::string sealed(std::string body) {
  storage::put_fixed(body, std::uint16_t{10});
  storage::put_fixed(body, crc64(body));
  return body;
}

std::string digest_of(const Record& record) {
  Digest digest;
  digest.mix_value(record, kBeforeAnyTime);
  return digest.hex();
}

std::string value_image(const Record& record) {
  std::string image;
  storage::encode_value(image, record);
  return image;
}

bool same_scores(const Record& record, const Record& again) {
  std::vector<std::pair<double, std::string>> elements[2];
  for (const Record* each : {&record, &again}) {
    SortedSetView(*each).for_each(
        [&](std::string_view member, double score) { elements[each == &again].emplace_back(score, member); });
  }
  return elements[0] == elements[1];
}

// Groups are not in the digest, but streams have only one image; minus zero is a score of its own there, which a
// listpack, here as in Redis, does not keep.
void require_same(const Record& record, const Record& again, const char* what) {
  FUZZ_REQUIRE(again.type() == record.type(), what);
  if (record.type() == ValueType::kSortedSet) return FUZZ_REQUIRE(same_scores(record, again), what);
  FUZZ_REQUIRE(digest_of(again) == digest_of(record), what);
  if (record.type() == ValueType::kStream) FUZZ_REQUIRE(value_image(again) == value_image(record), what);
}

// The same image whether it is made at one go or in steps, and the same value from it.
void check_image(const Record& record, Random& random) {
  std::string image;
  storage::encode_image(image, record, 3, 77);
  FUZZ_REQUIRE(image.size() <= storage::image_size_bound(record), "an image larger than its bound");
  const auto view = storage::parse_image(image);
  FUZZ_REQUIRE(view.ok(), "the image is refused");
  const auto again = storage::decode_image(*view, &object_decoder());
  FUZZ_REQUIRE(again.ok(), "the image is not decoded: " + again.error().message);
  require_same(record, **again, "another value from its image");
  if (record.object() == nullptr) return;
  std::string steps;
  std::uint64_t cursor = 0;
  do cursor = record.object()->encode(steps, cursor, 1 + random.below(100));
  while (cursor != 0);
  FUZZ_REQUIRE(steps == view->value, "another image in steps");
}

void check_payload(const Record& record, const CollectionLimits& limits) {
  const std::string payload = dump_value(record);
  FUZZ_REQUIRE(dump_intact(payload), "its own payload is not intact");
  auto value = restore_value(payload, limits);
  FUZZ_REQUIRE(value.has_value(), "its own payload is refused");
  ValueStore store;
  require_same(record, *store.put(std::move(*value)), "another value from its payload");
}

void check_all(const Record& record, const CollectionLimits& limits, Random& random) {
  read_value(record, random);
  check_image(record, random);
  check_payload(record, limits);
}

void use(Value value, const Choice& choice) {
  const CollectionLimits limits = choice.limits();
  Random random(choice.seed);
  ValueStore store;
  Record* record = store.put(std::move(value));
  store.require_counted(record);
  check_all(*record, limits, random);
  const Value copy = copy_value(*record);
  record = change_value(store, record, limits, random);
  if (record != nullptr) {
    store.require_counted(record);
    check_all(*record, limits, random);
  }
  // The copy is one by itself.
  ValueStore other;
  Value moved = {.type = copy.type, .encoding = copy.encoding, .bytes = copy.bytes, .object = {}};
  moved.object = std::move(const_cast<ObjectPointer&>(copy.object));
  read_value(*other.put(std::move(moved)), random);
}

// What a builder makes of bytes that come in pieces; nullptr: it refuses them.
ObjectPointer build(ValueType type, std::int64_t parts_expiry_ms, std::string_view image, Random& random) {
  const auto builder = object_decoder().builder(type, parts_expiry_ms);
  std::string pending;
  while (!image.empty()) {
    const std::size_t piece = std::min<std::size_t>(image.size(), 1 + random.below(random.below(2) ? 5 : 300));
    pending += image.substr(0, piece);
    image.remove_prefix(piece);
    const auto taken = builder->take(pending);
    if (!taken.ok()) return {};
    FUZZ_REQUIRE(*taken <= pending.size(), "more taken than there was");
    pending.erase(0, *taken);
  }
  auto object = builder->finish(pending);
  return object.ok() ? std::move(object).value() : ObjectPointer();
}

// Of a hash's kind: parts of it expire, the first of them then.
constexpr std::uint8_t kTimedKind = 128;
constexpr std::int64_t kPartsExpiryMs = 2'000'000'000'000;

void run_image(std::string_view bytes, const Choice& choice) {
  constexpr ValueType kTypes[] = {ValueType::kList, ValueType::kSet, ValueType::kSortedSet, ValueType::kHash,
                                  ValueType::kStream};
  if (bytes.empty()) return;
  const auto kind = static_cast<std::uint8_t>(bytes[0]);
  const ValueType type = kTypes[kind % kTimedKind % std::size(kTypes)];
  const std::int64_t parts_expiry_ms = type == ValueType::kHash && kind >= kTimedKind ? kPartsExpiryMs : kNoExpiry;
  bytes.remove_prefix(1);
  Random random(choice.seed);
  ObjectPointer object = build(type, parts_expiry_ms, bytes, random);
  const auto at_once = object_decoder().decode(type, parts_expiry_ms, bytes);
  FUZZ_REQUIRE(at_once.ok() == (object != nullptr),
               "in pieces it is refused and at one go it is not, or the other way round");
  if (object) use({.type = type, .encoding = Encoding::kObject, .bytes = {}, .object = std::move(object)}, choice);
}

void run_payload(std::string body, const Choice& choice) {
  const std::string payload = sealed(std::move(body));
  FUZZ_REQUIRE(dump_intact(payload), "a sealed payload is not intact");
  auto value = restore_value(payload, choice.limits());
  if (value) use(std::move(*value), choice);
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  Choice choice;
  const auto flags = input.ConsumeIntegral<std::uint8_t>();
  choice.image = (flags & 1) != 0;
  choice.small_limits = (flags & 2) != 0;
  choice.seed = input.ConsumeIntegral<std::uint16_t>();
  std::string bytes = input.ConsumeRemainingBytesAsString();
  choice.image ? run_image(bytes, choice) : run_payload(std::move(bytes), choice);
}

}  // namespace terrace::fuzz
