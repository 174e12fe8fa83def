// IdRow: items in the order of their stream ids, packed into chunks of up to 4 KiB, each one allocation. A look-up is a
// binary search among the chunks and one in the chunk. Items that are added at the end, as is usual, leave full chunks.
// Items are plain bytes with an `id`; each id occurs once. Allocations are reported to the object that owns the row.
// Ownership: owns its chunks; clear() before destruction. Places and pointers are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "src/types/stream/stream_id.h"
#include "storage/memory/allocation.h"
#include "storage/record/object.h"

namespace terrace::types {

template <typename Item>
class IdRow {
  static_assert(std::is_trivially_copyable_v<Item>);

 public:
  struct Place {
    std::size_t chunk = 0;
    std::size_t index = 0;
    bool operator==(const Place&) const = default;
  };

  IdRow() = default;
  IdRow(const IdRow&) = delete;
  IdRow& operator=(const IdRow&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  Place begin() const { return {0, 0}; }
  Place end() const { return {chunks_.size(), 0}; }
  Place last() const { return {chunks_.size() - 1, chunks_.back().count - 1u}; }  // not empty()
  Place next(Place place) const {
    return ++place.index < chunks_[place.chunk].count ? place : Place{place.chunk + 1, 0};
  }
  // `place` must not be begin().
  Place previous(const Place& place) const {
    if (place.index > 0) return {place.chunk, place.index - 1};
    return {place.chunk - 1, chunks_[place.chunk - 1].count - 1u};
  }
  const Item& operator[](const Place& place) const { return chunks_[place.chunk].items[place.index]; }
  Item& operator[](const Place& place) { return chunks_[place.chunk].items[place.index]; }

  // The first item with an id not below `id`.
  Place lower_bound(const StreamId& id) const {
    const auto chunk = std::partition_point(chunks_.begin(), chunks_.end(),
                                            [&](const Chunk& each) { return each.items[each.count - 1].id < id; });
    if (chunk == chunks_.end()) return end();
    const Item* item =
        std::partition_point(chunk->items, chunk->items + chunk->count, [&](const Item& each) { return each.id < id; });
    return {static_cast<std::size_t>(chunk - chunks_.begin()), static_cast<std::size_t>(item - chunk->items)};
  }
  // The n-th item; end() if there are fewer.
  Place nth(std::size_t n) const {
    std::size_t chunk = 0;
    while (chunk < chunks_.size() && n >= chunks_[chunk].count) n -= chunks_[chunk++].count;
    return chunk == chunks_.size() ? end() : Place{chunk, n};
  }
  const Item* find(const StreamId& id) const {
    const Place place = lower_bound(id);
    return place != end() && (*this)[place].id == id ? &(*this)[place] : nullptr;
  }
  Item* find(const StreamId& id) { return const_cast<Item*>(std::as_const(*this).find(id)); }

  // False: an item with this id is there, and stays.
  bool insert(const Item& item, storage::Object& owner) {
    Place place = lower_bound(item.id);
    if (place != end() && (*this)[place].id == item.id) return false;
    if (place == end() && !chunks_.empty()) place = {chunks_.size() - 1, chunks_.back().count};
    if (chunks_.empty() || chunks_[place.chunk].count == kMost) place = make_room(place, owner);
    Chunk& chunk = chunks_[place.chunk];
    if (chunk.count == chunk.capacity) {
      const auto larger = std::max<std::size_t>(chunk.capacity + 1u, chunk.capacity * std::size_t{3} / 2);
      resize(chunk, std::min<std::size_t>(kMost, larger), owner);
    }
    Item* const at = chunk.items + place.index;
    std::memmove(static_cast<void*>(at + 1), at, (chunk.count - place.index) * sizeof(Item));
    *at = item;
    ++chunk.count;
    ++size_;
    return true;
  }

  // Returns the place of the item behind it.
  Place erase(const Place& place, storage::Object& owner) {
    Chunk& chunk = chunks_[place.chunk];
    Item* const at = chunk.items + place.index;
    std::memmove(static_cast<void*>(at), at + 1, (chunk.count - place.index - 1) * sizeof(Item));
    --chunk.count;
    --size_;
    if (chunk.count == 0) {
      remove_chunk(place.chunk, owner);
      return {place.chunk, 0};
    }
    const Place behind = place.index < chunk.count ? place : Place{place.chunk + 1, 0};
    // This chunk and the next one are nearly empty: they are merged.
    if (place.chunk + 1 < chunks_.size() && (chunk.count + chunks_[place.chunk + 1].count) * 2 <= kMost) {
      const std::size_t before = chunk.count;
      Chunk& gone = chunks_[place.chunk + 1];
      resize(chunk, before + gone.count, owner);
      std::memcpy(static_cast<void*>(chunk.items + before), gone.items, gone.count * sizeof(Item));
      chunk.count = static_cast<std::uint32_t>(before + gone.count);
      remove_chunk(place.chunk + 1, owner);
      return {place.chunk, place.index};
    }
    if (chunk.count * std::size_t{4} <= chunk.capacity && chunk.capacity > 8) {
      resize(chunk, chunk.count * std::size_t{2}, owner);
    }
    return behind;
  }
  bool erase(const StreamId& id, storage::Object& owner) {
    const Place place = lower_bound(id);
    if (place == end() || (*this)[place].id != id) return false;
    erase(place, owner);
    return true;
  }

  // Frees the last chunk; false if there is none.
  bool drop_chunk(storage::Object& owner) {
    if (chunks_.empty()) return false;
    size_ -= chunks_.back().count;
    remove_chunk(chunks_.size() - 1, owner);
    return true;
  }
  void clear(storage::Object& owner) {
    while (drop_chunk(owner)) {
    }
    owner.add_footprint(-static_cast<std::ptrdiff_t>(chunks_.capacity() * sizeof(Chunk)));
    chunks_ = std::vector<Chunk>();  // not {}, which would keep the memory
  }

 private:
  static constexpr std::size_t kChunkBytes = 4096;
  static constexpr std::size_t kMost = kChunkBytes / sizeof(Item);

  struct Chunk {
    Item* items = nullptr;
    std::uint32_t count = 0;
    std::uint32_t capacity = 0;
  };

  // Called if the chunk is full or there is none: returns where the item for this place goes.
  Place make_room(const Place& place, storage::Object& owner) {
    if (chunks_.empty() || (place.chunk == chunks_.size() - 1 && place.index == kMost)) {
      add_chunk(chunks_.size(), owner);
      return {chunks_.size() - 1, 0};
    }
    add_chunk(place.chunk + 1, owner);
    Chunk& full = chunks_[place.chunk];
    Chunk& half = chunks_[place.chunk + 1];
    const std::size_t kept = full.count / 2, moved = full.count - kept;
    resize(half, moved + 1, owner);
    std::memcpy(static_cast<void*>(half.items), full.items + kept, moved * sizeof(Item));
    half.count = static_cast<std::uint32_t>(moved);
    full.count = static_cast<std::uint32_t>(kept);
    return place.index <= kept ? place : Place{place.chunk + 1, place.index - kept};
  }
  void add_chunk(std::size_t at, storage::Object& owner) {
    const std::size_t before = chunks_.capacity();
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(at), Chunk{});
    owner.add_footprint(static_cast<std::ptrdiff_t>((chunks_.capacity() - before) * sizeof(Chunk)));
  }
  void remove_chunk(std::size_t at, storage::Object& owner) {
    owner.add_footprint(-static_cast<std::ptrdiff_t>(storage::usable_size(chunks_[at].items)));
    storage::release(chunks_[at].items);
    chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void resize(Chunk& chunk, std::size_t capacity, storage::Object& owner) {
    auto* const items = static_cast<Item*>(storage::allocate(capacity * sizeof(Item)));
    auto more = static_cast<std::ptrdiff_t>(storage::usable_size(items));
    if (chunk.items) {
      std::memcpy(static_cast<void*>(items), chunk.items, chunk.count * sizeof(Item));
      more -= static_cast<std::ptrdiff_t>(storage::usable_size(chunk.items));
      storage::release(chunk.items);
    }
    owner.add_footprint(more);
    chunk.items = items;
    chunk.capacity = static_cast<std::uint32_t>(capacity);
  }

  std::vector<Chunk> chunks_;
  std::size_t size_ = 0;
};

}  // namespace terrace::types
