#include "src/types/encoding/member_index.h"

#include <cstring>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "io/result.h"
#include "storage/memory/allocation.h"

namespace terrace::types {
namespace {

using linear_hashing::kMaxBuckets;
using linear_hashing::sibling_of;

// Average entries of a bucket when another bucket is added; below a quarter of it one is removed.
constexpr std::size_t kFill = 32;
constexpr std::size_t kShrinkBelow = 4;
constexpr std::uint32_t kCapacityStep = 4;
constexpr std::ptrdiff_t kPointerBytes = sizeof(void*);

}  // namespace

std::uint32_t MemberIndex::hash_of(std::string_view member) {
  return static_cast<std::uint32_t>(XXH3_64bits(member.data(), member.size()));
}

MemberIndex::~MemberIndex() {
  std::ptrdiff_t footprint = 0;
  while (discard_bucket(footprint)) {
  }
}

void MemberIndex::release(Bucket* bucket, std::ptrdiff_t& footprint) {
  if (bucket == nullptr) return;
  footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(bucket));
  storage::release(bucket);
}

void MemberIndex::resize(Bucket*& bucket, std::uint32_t capacity, std::ptrdiff_t& footprint) {
  void* memory = storage::allocate(sizeof(Bucket) + capacity * sizeof(Entry));
  const std::size_t given = storage::usable_size(memory);
  footprint += static_cast<std::ptrdiff_t>(given);
  auto* resized =
      ::new (memory) Bucket{.count = bucket ? bucket->count : 0,
                            .capacity = static_cast<std::uint32_t>((given - sizeof(Bucket)) / sizeof(Entry))};
  if (bucket) std::memcpy(resized->entries(), bucket->entries(), bucket->count * sizeof(Entry));
  release(bucket, footprint);
  bucket = resized;
}

void MemberIndex::put(const Entry& entry, std::ptrdiff_t& footprint) {
  Bucket*& bucket = buckets_[bucket_of(entry.hash)];
  if (bucket == nullptr || bucket->count == bucket->capacity) {
    resize(bucket, (bucket ? bucket->count : 0) + kCapacityStep, footprint);
  }
  bucket->entries()[bucket->count++] = entry;
}

void MemberIndex::distribute(Bucket* bucket, std::ptrdiff_t& footprint) {
  for (unsigned i = 0, count = bucket ? bucket->count : 0; i < count; ++i) put(bucket->entries()[i], footprint);
  release(bucket, footprint);
}

void MemberIndex::add(const Entry& entry, std::ptrdiff_t& footprint) {
  ++size_;
  if (size_ > kFill * buckets_.size() && buckets_.size() < kMaxBuckets) {
    const std::uint32_t fresh = bucket_count();
    Bucket* split = fresh == 0 ? nullptr : std::exchange(buckets_[sibling_of(fresh)], nullptr);
    buckets_.push_back(nullptr);
    footprint += kPointerBytes;
    distribute(split, footprint);
  }
  put(entry, footprint);
}

MemberIndex::Entry& MemberIndex::find(const Entry& entry) {
  Bucket* bucket = buckets_[bucket_of(entry.hash)];
  TERRACE_CHECK(bucket != nullptr);
  unsigned i = 0;
  while (bucket->entries()[i].hash != entry.hash || bucket->entries()[i].leaf != entry.leaf) {
    TERRACE_CHECK(++i < bucket->count);
  }
  return bucket->entries()[i];
}

void MemberIndex::move(const Entry& entry, std::uint32_t to_leaf) {
  find(entry).leaf = to_leaf;
}

void MemberIndex::erase(const Entry& entry, std::ptrdiff_t& footprint) {
  Entry& gone = find(entry);
  Bucket*& bucket = buckets_[bucket_of(entry.hash)];
  gone = bucket->entries()[--bucket->count];
  --size_;
  if (bucket->count == 0) {
    release(std::exchange(bucket, nullptr), footprint);
  } else if (bucket->capacity > kCapacityStep && bucket->count * 2 < bucket->capacity) {
    resize(bucket, bucket->count, footprint);
  }
  if (buckets_.size() > 1 && size_ * kShrinkBelow < kFill * buckets_.size()) {
    Bucket* last = buckets_.back();
    buckets_.pop_back();
    footprint -= kPointerBytes;
    distribute(last, footprint);
  }
}

bool MemberIndex::discard_bucket(std::ptrdiff_t& footprint) {
  if (buckets_.empty()) return false;
  release(buckets_.back(), footprint);
  buckets_.pop_back();
  footprint -= kPointerBytes;
  return true;
}

}  // namespace terrace::types
