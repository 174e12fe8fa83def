// MemberIndex: the leaf of each member of a large sorted set: linear hashing with small buckets of a hash and a leaf's
// number, 8 bytes a member and its share of the bucket. Only the leaves have the members' texts: a look-up compares the
// member in each leaf that is found, nearly always one.
// Ownership: owns its memory.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "src/types/encoding/linear_hashing.h"

namespace terrace::types {

class MemberIndex {
 public:
  struct Entry {
    std::uint32_t hash;
    std::uint32_t leaf;
  };

  static std::uint32_t hash_of(std::string_view member);

  MemberIndex() = default;
  MemberIndex(const MemberIndex&) = delete;
  MemberIndex& operator=(const MemberIndex&) = delete;
  ~MemberIndex();

  // Calls visit(leaf) for each leaf found for this hash, until it returns true. Returns whether one did.
  template <typename Visit>
  bool any_leaf(std::uint32_t hash, const Visit& visit) const {
    if (buckets_.empty()) return false;
    const Bucket* bucket = buckets_[bucket_of(hash)];
    for (unsigned i = 0, count = bucket ? bucket->count : 0; i < count; ++i) {
      if (bucket->entries()[i].hash == hash && visit(bucket->entries()[i].leaf)) return true;
    }
    return false;
  }
  // One step of a scan: calls visit(entry) for the entries from the place `cursor` to the end of its bucket. Returns
  // the next cursor, 0 at the end.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    if (buckets_.empty()) return 0;
    const auto place = static_cast<std::uint32_t>(cursor);
    const std::uint32_t number = bucket_of(linear_hashing::reversed(place));
    const Bucket* bucket = buckets_[number];
    for (unsigned i = 0, count = bucket ? bucket->count : 0; i < count; ++i) {
      const Entry& entry = bucket->entries()[i];
      if (linear_hashing::reversed(entry.hash) >= place) visit(entry);
    }
    return linear_hashing::next_place(number, bucket_count());
  }

  // --- changes; `footprint` grows by what the allocator gives
  void add(const Entry& entry, std::ptrdiff_t& footprint);
  // The entry must exist.
  void erase(const Entry& entry, std::ptrdiff_t& footprint);
  void move(const Entry& entry, std::uint32_t to_leaf);
  // Frees the last bucket; false if there is none.
  bool discard_bucket(std::ptrdiff_t& footprint);

 private:
  struct Bucket {
    std::uint32_t count;
    std::uint32_t capacity;
    Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
    const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  };

  std::uint32_t bucket_count() const { return static_cast<std::uint32_t>(buckets_.size()); }
  std::uint32_t bucket_of(std::uint32_t hash) const { return linear_hashing::bucket_of(hash, bucket_count()); }
  Entry& find(const Entry& entry);
  void put(const Entry& entry, std::ptrdiff_t& footprint);
  void distribute(Bucket* bucket, std::ptrdiff_t& footprint);
  static void resize(Bucket*& bucket, std::uint32_t capacity, std::ptrdiff_t& footprint);
  static void release(Bucket* bucket, std::ptrdiff_t& footprint);

  std::deque<Bucket*> buckets_;
  std::size_t size_ = 0;
};

}  // namespace terrace::types
