// PackedTable: the names of a large collection, with or without values: a hash, a set. Linear hashing over packed nodes
// of about a KiB, so that a name costs few bytes beside its own, and the table grows and shrinks by one node at a time.
//
//   name ──hash──► bucket (linear_hashing.h) ──► node ──► next node: rarely needed
//                  nullptr: empty                (packed_node.h)
//
// Scans follow the order of the bit-reversed hash. In it a split replaces a bucket by two neighbours. So a cursor is a
// place between names, however the table changes, and a name that stays is shown exactly once.
// Ownership: owns all its memory; returned views are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/types/encoding/packed_node.h"
#include "storage/record/object.h"

namespace terrace::types {

class PackedTable final : public storage::Object {
 public:
  using Entry = PackedNode::Entry;

  enum class Values : bool { kNone, kBytes };

  // Tests use smaller buckets.
  explicit PackedTable(Values values, std::uint32_t bucket_bytes = kBucketBytes,
                       std::uint16_t max_node_bytes = PackedNode::kMaxNodeBytes);
  ~PackedTable() override;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The value of a name; nullopt if the name is not there. Without values: an empty one.
  std::optional<std::string_view> find(std::string_view name) const;
  // True if the name is new. Name and value must not lie in this table.
  bool set(std::string_view name, std::string_view value);
  bool erase(std::string_view name);

  // All entries, in no order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (std::uint32_t bucket = 0; bucket < bucket_count_; ++bucket) visit_bucket(bucket, visit);
  }
  // One step of a scan: visits the entries from `cursor` to the end of its bucket and returns the next cursor, 0 at the
  // end.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    const auto place = static_cast<std::uint32_t>(cursor);
    const std::uint32_t bucket = bucket_at(place);
    visit_bucket(bucket, [&](const Entry& entry) {
      if (place_of(hash_of(entry.name)) >= place) visit(entry);
    });
    return next_place(bucket);
  }
  // A random entry, each with the same probability, chosen by what `random` returns; the table must not be empty.
  template <typename Random>
  Entry random_entry(Random&& random) const {
    // Buckets differ in size: if the index is beyond the bucket's end, bucket and index are drawn again.
    for (unsigned tries = 0;; ++tries) {
      const std::uint64_t drawn = random();
      const auto bucket = static_cast<std::uint32_t>((drawn >> 32) * bucket_count_ >> 32);
      auto index = static_cast<std::uint32_t>((drawn & 0xFFFFFFFF) * largest_bucket_ >> 32);
      for (const PackedNode* node = bucket_ref(bucket); node; index -= node->count, node = node->next) {
        if (index < node->count) return node->entry(index, layout_);
      }
      if (tries >= kMaxTries) return first_entry_from(bucket);
    }
  }

  // --- storage::Object: RDB's encoding of hashes (a length, names and values) and of sets (a length, names)
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;
  static std::unique_ptr<storage::ObjectBuilder> builder(Values values);

 private:
  // The largest mean size of a bucket's entries, in bytes. A bucket that was just split has half of it, one that is
  // split next twice. The best of 256 to 2048.
  static constexpr std::uint32_t kBucketBytes = 640;
  static constexpr unsigned kMaxTries = 1000;
  // Pointers to buckets are in pieces of 8, 8, 16, 32 and so on, so that none is ever moved.
  static constexpr unsigned kFirstPieceBits = 3;

  static std::uint64_t hash_of(std::string_view name);
  static std::uint8_t tag_of(std::uint64_t hash) { return static_cast<std::uint8_t>(hash >> 56); }
  static std::uint32_t place_of(std::uint64_t hash);
  std::uint32_t bucket_of(std::uint64_t hash) const;
  std::uint32_t bucket_at(std::uint32_t place) const;
  std::uint64_t next_place(std::uint32_t bucket) const;

  PackedNode*& bucket_ref(std::uint32_t bucket) {
    const unsigned piece = piece_of(bucket);
    return pieces_[piece][bucket - piece_begin(piece)];
  }
  const PackedNode* bucket_ref(std::uint32_t bucket) const {
    return const_cast<PackedTable*>(this)->bucket_ref(bucket);
  }
  static unsigned piece_of(std::uint32_t bucket) { return std::bit_width(bucket >> kFirstPieceBits); }
  static std::uint32_t piece_begin(unsigned piece) {
    return piece == 0 ? 0 : std::uint32_t{1} << (kFirstPieceBits + piece - 1);
  }
  static std::size_t piece_size(unsigned piece) {
    return std::size_t{1} << (piece == 0 ? kFirstPieceBits : kFirstPieceBits + piece - 1);
  }

  template <typename Visit>
  void visit_bucket(std::uint32_t bucket, const Visit& visit) const {
    for (const PackedNode* node = bucket_ref(bucket); node; node = node->next) {
      for (unsigned i = 0; i < node->count; ++i) visit(node->entry(i, layout_));
    }
  }
  Entry first_entry_from(std::uint32_t bucket) const;

  struct Place {
    PackedNode** node = nullptr;  // the pointer to it
    unsigned index = 0;
  };
  Place locate(std::string_view name, std::uint64_t hash);
  void append(std::uint64_t hash, const Entry& entry, std::ptrdiff_t& footprint);
  void erase_at(const Place& place, std::ptrdiff_t& footprint);
  void note_size(std::uint32_t bucket);
  void add_bucket(std::ptrdiff_t& footprint);
  PackedNode* remove_bucket(std::ptrdiff_t& footprint);
  void grow(std::ptrdiff_t& footprint);
  void shrink(std::ptrdiff_t& footprint);
  // Moves the nodes' entries to their present buckets, and frees the nodes.
  void distribute(PackedNode* nodes, std::ptrdiff_t& footprint);
  void make_room(const PackedNode& from, std::ptrdiff_t& footprint);

  PackedNode::Layout layout_;
  std::uint32_t bucket_bytes_;
  std::uint32_t bucket_count_ = 0;
  std::uint32_t largest_bucket_ = 0;  // the most entries that a bucket ever had
  std::size_t size_ = 0;
  std::size_t used_bytes_ = 0;  // of entries in nodes
  std::vector<PackedNode**> pieces_;
};

}  // namespace terrace::types
