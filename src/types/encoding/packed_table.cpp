#include "src/types/encoding/packed_table.h"

#include <algorithm>
#include <limits>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "src/types/encoding/image_builder.h"
#include "src/types/encoding/linear_hashing.h"
#include "storage/memory/allocation.h"
#include "storage/record/rdb_string.h"

namespace terrace::types {
namespace {

using linear_hashing::kMaxBuckets;
using linear_hashing::reversed;
using linear_hashing::sibling_of;

// The table shrinks when it is less than a quarter as full as when it grows.
constexpr std::uint64_t kShrinkFactor = 4;

}  // namespace

PackedTable::PackedTable(Values values, std::uint32_t bucket_bytes, std::uint16_t max_node_bytes)
    : layout_{values == Values::kBytes, max_node_bytes}, bucket_bytes_(bucket_bytes) {
  std::ptrdiff_t footprint = sizeof(PackedTable);
  add_bucket(footprint);
  add_footprint(footprint);
}

PackedTable::~PackedTable() {
  discard(std::numeric_limits<std::size_t>::max());
}

std::uint64_t PackedTable::hash_of(std::string_view name) {
  return XXH3_64bits(name.data(), name.size());
}

std::uint32_t PackedTable::place_of(std::uint64_t hash) {
  return reversed(static_cast<std::uint32_t>(hash));
}

std::uint32_t PackedTable::bucket_of(std::uint64_t hash) const {
  return linear_hashing::bucket_of(static_cast<std::uint32_t>(hash), bucket_count_);
}

std::uint32_t PackedTable::bucket_at(std::uint32_t place) const {
  return bucket_of(reversed(place));
}

std::uint64_t PackedTable::next_place(std::uint32_t bucket) const {
  return linear_hashing::next_place(bucket, bucket_count_);
}

std::optional<std::string_view> PackedTable::find(std::string_view name) const {
  const std::uint64_t hash = hash_of(name);
  for (const PackedNode* node = bucket_ref(bucket_of(hash)); node; node = node->next) {
    const unsigned index = node->find(name, tag_of(hash), layout_);
    if (index != PackedNode::kNone) return node->entry(index, layout_).value;
  }
  return std::nullopt;
}

PackedTable::Place PackedTable::locate(std::string_view name, std::uint64_t hash) {
  for (PackedNode** node = &bucket_ref(bucket_of(hash)); *node; node = &(*node)->next) {
    const unsigned index = (*node)->find(name, tag_of(hash), layout_);
    if (index != PackedNode::kNone) return {node, index};
  }
  return {};
}

bool PackedTable::set(std::string_view name, std::string_view value) {
  const std::uint64_t hash = hash_of(name);
  std::ptrdiff_t footprint = 0;
  const Place place = locate(name, hash);
  if (place.node) {
    used_bytes_ -= (*place.node)->used;
    const bool done = PackedNode::set_value(*place.node, place.index, value, layout_, footprint);
    used_bytes_ += (*place.node)->used;
    if (!done) {
      erase_at(place, footprint);
      append(hash, {name, value}, footprint);
    }
  } else {
    append(hash, {name, value}, footprint);
    ++size_;
  }
  grow(footprint);
  add_footprint(footprint);
  return !place.node;
}

bool PackedTable::erase(std::string_view name) {
  const Place place = locate(name, hash_of(name));
  if (!place.node) return false;
  std::ptrdiff_t footprint = 0;
  erase_at(place, footprint);
  --size_;
  shrink(footprint);
  add_footprint(footprint);
  return true;
}

void PackedTable::append(std::uint64_t hash, const Entry& entry, std::ptrdiff_t& footprint) {
  const std::uint32_t bucket = bucket_of(hash);
  PackedNode*& first = bucket_ref(bucket);
  const std::size_t used = first ? first->used : 0;
  if (PackedNode::append(first, tag_of(hash), entry, layout_, footprint)) {
    used_bytes_ += first->used - used;
  } else {
    PackedNode* node = nullptr;
    TERRACE_CHECK(PackedNode::append(node, tag_of(hash), entry, layout_, footprint));
    node->next = first;
    first = node;
    used_bytes_ += node->used;
  }
  note_size(bucket);
}

void PackedTable::note_size(std::uint32_t bucket) {
  std::uint32_t count = 0;
  for (const PackedNode* node = bucket_ref(bucket); node; node = node->next) count += node->count;
  largest_bucket_ = std::max(largest_bucket_, count);
}

void PackedTable::erase_at(const Place& place, std::ptrdiff_t& footprint) {
  used_bytes_ -= (*place.node)->used;
  PackedNode::erase(*place.node, place.index, layout_, footprint);
  used_bytes_ += (*place.node)->used;
  if ((*place.node)->count > 0) return;
  PackedNode* emptied = *place.node;
  *place.node = emptied->next;
  PackedNode::release(emptied, footprint);
}

void PackedTable::add_bucket(std::ptrdiff_t& footprint) {
  const unsigned piece = piece_of(bucket_count_);
  if (piece == pieces_.size()) {
    void* memory = storage::allocate(piece_size(piece) * sizeof(void*));
    footprint += static_cast<std::ptrdiff_t>(storage::usable_size(memory));
    pieces_.push_back(static_cast<PackedNode**>(memory));
  }
  pieces_[piece][bucket_count_ - piece_begin(piece)] = nullptr;
  ++bucket_count_;
}

// Returns the removed bucket's nodes.
PackedNode* PackedTable::remove_bucket(std::ptrdiff_t& footprint) {
  const std::uint32_t last = --bucket_count_;
  PackedNode* nodes = bucket_ref(last);
  if (const unsigned piece = piece_of(last); piece_begin(piece) == last) {
    footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(pieces_.back()));
    storage::release(pieces_.back());
    pieces_.pop_back();
  }
  return nodes;
}

void PackedTable::grow(std::ptrdiff_t& footprint) {
  while (used_bytes_ > std::uint64_t{bucket_bytes_} * bucket_count_ && bucket_count_ < kMaxBuckets) {
    PackedNode* nodes = std::exchange(bucket_ref(sibling_of(bucket_count_)), nullptr);
    add_bucket(footprint);
    distribute(nodes, footprint);
  }
}

void PackedTable::shrink(std::ptrdiff_t& footprint) {
  while (bucket_count_ > 1 && used_bytes_ * kShrinkFactor < std::uint64_t{bucket_bytes_} * bucket_count_) {
    distribute(remove_bucket(footprint), footprint);
  }
}

void PackedTable::distribute(PackedNode* nodes, std::ptrdiff_t& footprint) {
  while (nodes) {
    PackedNode* next = nodes->next;
    make_room(*nodes, footprint);
    for (unsigned i = 0; i < nodes->count; ++i) {
      const std::uint32_t bucket = bucket_of(hash_of(nodes->entry(i, layout_).name));
      PackedNode*& to = bucket_ref(bucket);
      if (!PackedNode::move(nodes, i, to, layout_, footprint)) {
        PackedNode* node = nullptr;
        TERRACE_CHECK(PackedNode::move(nodes, i, node, layout_, footprint));
        node->next = to;
        to = node;
      }
      note_size(bucket);
    }
    PackedNode::release(nodes, footprint);
    nodes = next;
  }
}

// A node's entries go to at most two buckets: each gets the room it needs in one step.
void PackedTable::make_room(const PackedNode& from, std::ptrdiff_t& footprint) {
  struct Share {
    std::uint32_t bucket = 0, count = 0;
    std::size_t bytes = 0;
  } shares[2];
  for (unsigned i = 0; i < from.count; ++i) {
    const std::uint32_t bucket = bucket_of(hash_of(from.entry(i, layout_).name));
    Share& share = shares[shares[0].count == 0 || shares[0].bucket == bucket ? 0 : 1];
    share.bucket = bucket;
    ++share.count;
    share.bytes += from.packed(i, layout_).size();
  }
  for (const Share& share : shares) {
    if (share.count > 0) {
      PackedNode::reserve(bucket_ref(share.bucket), share.bytes, share.count, layout_, footprint);
    }
  }
}

PackedTable::Entry PackedTable::first_entry_from(std::uint32_t bucket) const {
  while (bucket_ref(bucket) == nullptr) bucket = (bucket + 1) % bucket_count_;
  return bucket_ref(bucket)->entry(0, layout_);
}

std::size_t PackedTable::image_size_bound() const {
  // Names and values are no larger than the nodes and blobs that hold them.
  return storage::kMaxRdbLength * (1 + 2 * size_) + footprint_bytes();
}

std::uint64_t PackedTable::encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const {
  const std::size_t before = out.size();
  if (cursor == 0) storage::put_rdb_length(out, size_);
  for (auto bucket = static_cast<std::uint32_t>(cursor); bucket < bucket_count_;) {
    visit_bucket(bucket, [&](const Entry& entry) {
      storage::put_rdb_string(out, entry.name);
      if (layout_.has_values) storage::put_rdb_string(out, entry.value);
    });
    if (++bucket < bucket_count_ && out.size() - before >= budget_bytes) return bucket;
  }
  return 0;
}

bool PackedTable::discard(std::size_t budget_bytes) {
  std::ptrdiff_t footprint = 0;
  while (bucket_count_ > 0) {
    if (static_cast<std::size_t>(-footprint) >= budget_bytes) break;
    for (PackedNode* node = remove_bucket(footprint); node;) {
      PackedNode* next = node->next;
      PackedNode::destroy(node, footprint);
      node = next;
    }
  }
  add_footprint(footprint);
  return bucket_count_ == 0;
}

std::unique_ptr<storage::ObjectBuilder> PackedTable::builder(Values values) {
  class Builder final : public ImageBuilder {
   public:
    explicit Builder(Values values) : has_values_(values == Values::kBytes), table_(new PackedTable(values)) {}

   private:
    bool add(RdbReader& reader) override {
      const RdbText name = reader.text();
      const RdbText value = has_values_ ? reader.text() : RdbText();
      return !reader.ok() || table_->set(name.view(), value.view());
    }
    storage::ObjectPointer object() override { return std::move(table_); }

    bool has_values_;
    std::unique_ptr<PackedTable> table_;
  };
  return std::make_unique<Builder>(values);
}

}  // namespace terrace::types
