#include "storage/index/index.h"

#include <algorithm>

#include "io/result.h"

namespace terrace::storage {

namespace {

std::uint32_t reverse_bits(std::uint32_t value) {
  value = ((value >> 1) & 0x55555555u) | ((value & 0x55555555u) << 1);
  value = ((value >> 2) & 0x33333333u) | ((value & 0x33333333u) << 2);
  value = ((value >> 4) & 0x0F0F0F0Fu) | ((value & 0x0F0F0F0Fu) << 4);
  return __builtin_bswap32(value);
}

}  // namespace

void Index::BucketArray::grow_to(std::uint32_t buckets) {
  while (capacity() < buckets) chunks_.push_back(make_chunk());
}

// Whole pages are aligned anyway. If alignment is requested, an allocator takes more: mimalloc 20 KiB for 16.
Index::BucketArray::Chunk Index::BucketArray::make_chunk() {
  constexpr std::size_t kSize = kBucketsPerChunk * sizeof(Bucket);
  void* memory = std::malloc(kSize);
  if (reinterpret_cast<std::uintptr_t>(memory) % alignof(Bucket) != 0) {
    std::free(memory);
    memory = std::aligned_alloc(alignof(Bucket), kSize);
  }
  TERRACE_CHECK(memory != nullptr);
  auto* const buckets = static_cast<Bucket*>(memory);
  std::uninitialized_value_construct_n(buckets, kBucketsPerChunk);
  return Chunk(buckets);
}

Index::Index() {
  chain_count_ = 1u << level_;
  primary_.grow_to(chain_count_);
}

std::uint64_t Index::memory_bytes() const {
  return (std::uint64_t{primary_.capacity()} + overflow_.capacity()) * sizeof(Bucket);
}

void Index::count(IndexEntry entry, std::int64_t sign) {
  std::uint64_t& kind = entry.is_hot()           ? hot_
                        : entry.is_cold()        ? cold_
                        : entry.is_overwritten() ? blind_overwrites_
                                                 : witnesses_;
  kind += static_cast<std::uint64_t>(sign);
  const Expires expires = entry.expires();
  if (expires.whole) {
    expiring_ += static_cast<std::uint64_t>(sign);
    if (entry.is_hot()) hot_expiring_ += static_cast<std::uint64_t>(sign);
  }
  if (expires.parts) {
    parts_expiring_ += static_cast<std::uint64_t>(sign);
    if (entry.is_hot()) hot_parts_expiring_ += static_cast<std::uint64_t>(sign);
  }
}

Index::Position Index::insert(std::uint64_t hash, IndexEntry entry) {
  before_change(hash);
  const Position position = place(chain_of(hash), IndexEntry::tag_of(hash), entry);
  count(entry, 1);
  if (entry_count() * 2 <= std::uint64_t{chain_count_} * kTargetLoadTimesTwo) return position;
  split();
  // The split may have moved it.
  return find(hash, [entry](Position at) { return at->bits() == entry.bits(); });
}

void Index::erase(std::uint64_t hash, Position position) {
  before_change(hash);
  count(*position, -1);
  *position = IndexEntry();
  // Frees the overflow buckets that have become empty.
  for (Bucket* bucket = chain_head(chain_of(hash)); bucket;) {
    Bucket* overflow = next(*bucket);
    if (overflow && std::all_of(overflow->entries, overflow->entries + kEntriesPerBucket,
                                [](IndexEntry entry) { return entry.empty(); })) {
      const std::uint32_t link = bucket->link & kOverflowMask;
      bucket->link = (bucket->link & ~kOverflowMask) | (overflow->link & kOverflowMask);
      free_overflow(link);
    } else {
      bucket = overflow;
    }
  }
}

void Index::replace_entry(IndexEntry& place, IndexEntry entry) {
  count(place, -1);
  place = entry;
  count(entry, 1);
}

Index::Position Index::place(std::uint32_t chain, std::uint16_t tag, IndexEntry entry) {
  Bucket* bucket = chain_head(chain);
  while (true) {
    for (unsigned slot = 0; slot < kEntriesPerBucket; ++slot) {
      if (!bucket->entries[slot].empty()) continue;
      bucket->entries[slot] = entry;
      bucket->tags[slot] = tag;
      Position position;
      position.entry_ = &bucket->entries[slot];
      return position;
    }
    if (Bucket* overflow = next(*bucket)) {
      bucket = overflow;
      continue;
    }
    const std::uint32_t link = allocate_overflow();
    bucket->link |= link;
    bucket = &overflow_[link - 1];
  }
}

std::uint32_t Index::allocate_overflow() {
  ++overflow_in_use_;
  if (overflow_free_) {
    const std::uint32_t link = overflow_free_;
    Bucket& bucket = overflow_[link - 1];
    overflow_free_ = bucket.link;
    bucket.link = 0;
    return link;
  }
  TERRACE_CHECK(overflow_used_ < kOverflowMask);
  overflow_.grow_to(overflow_used_ + 1);
  return ++overflow_used_;
}

void Index::free_overflow(std::uint32_t link) {
  --overflow_in_use_;
  Bucket& bucket = overflow_[link - 1];
  std::fill_n(bucket.entries, kEntriesPerBucket, IndexEntry());
  bucket.link = overflow_free_;
  overflow_free_ = link;
}

void Index::split() {
  if (observer_) capture_once(split_);
  const std::uint32_t low = split_;
  const std::uint32_t high = low + (1u << level_);
  TERRACE_CHECK(level_ < IndexEntry::kKnownHashBits - IndexEntry::kBaseLevel);
  primary_.grow_to(high + 1);
  chain_count_ = high + 1;

  struct Moved {
    IndexEntry entry;
    std::uint16_t tag;
    bool to_high;
  };
  std::vector<Moved> moved;
  moved.reserve(4 * kEntriesPerBucket);
  for (Bucket* bucket = chain_head(low); bucket; bucket = next(*bucket)) {
    for (unsigned slot = 0; slot < kEntriesPerBucket; ++slot) {
      const IndexEntry entry = bucket->entries[slot];
      if (entry.empty()) continue;
      const std::uint64_t hash = entry.known_hash(low, bucket->tags[slot]);
      moved.push_back({entry, bucket->tags[slot], ((hash >> level_) & 1) != 0});
    }
  }
  Bucket& head = *chain_head(low);
  for (std::uint32_t link = head.link & kOverflowMask; link;) {
    const std::uint32_t following = overflow_[link - 1].link & kOverflowMask;
    free_overflow(link);
    link = following;
  }
  head.link &= ~kOverflowMask;
  std::fill_n(head.entries, kEntriesPerBucket, IndexEntry());
  for (const Moved& item : moved) place(item.to_high ? high : low, item.tag, item.entry);

  if (++split_ == 1u << level_) {
    split_ = 0;
    ++level_;
  }
}

void Index::reserve(std::uint64_t entries) {
  TERRACE_CHECK(entry_count() == 0 && !observer_);
  while (entries * 2 > std::uint64_t{chain_count_} * kTargetLoadTimesTwo) {
    const std::uint32_t high = split_ + (1u << level_);
    primary_.grow_to(high + 1);
    chain_count_ = high + 1;
    if (++split_ == 1u << level_) {
      split_ = 0;
      ++level_;
    }
  }
}

unsigned Index::chain_level(std::uint32_t chain) const {
  return (chain & ((1u << level_) - 1)) < split_ ? level_ + 1 : level_;
}

std::uint32_t Index::chain_at(std::uint32_t cursor) const {
  return chain_of(reverse_bits(cursor));
}

std::uint32_t Index::next_cursor(std::uint32_t cursor) const {
  const unsigned level = chain_level(chain_at(cursor));
  // The first cursor behind the chain's range; wraps to 0 behind the last.
  return static_cast<std::uint32_t>(((std::uint64_t{cursor} >> (32 - level)) + 1) << (32 - level));
}

void Index::begin_cut(ChainObserver& observer) {
  TERRACE_CHECK(!observer_);
  observer_ = &observer;
  cut_cursor_ = 0;
  cut_end_ = chain_count_;
}

void Index::capture_once(std::uint32_t chain) {
  if (chain < cut_cursor_ || chain >= cut_end_) return;
  Bucket& head = *chain_head(chain);
  if (head.link & kCapturedFlag) return;
  head.link |= kCapturedFlag;
  observer_->capture(*this, chain);
}

bool Index::advance_cut(std::uint32_t chains) {
  TERRACE_CHECK(observer_);
  for (; chains > 0 && cut_cursor_ < cut_end_; --chains) {
    capture_once(cut_cursor_);
    chain_head(cut_cursor_)->link &= ~kCapturedFlag;
    ++cut_cursor_;
  }
  if (cut_cursor_ < cut_end_) return false;
  observer_ = nullptr;
  return true;
}

void Index::abandon_cut() {
  if (!observer_) return;
  for (std::uint32_t chain = cut_cursor_; chain < cut_end_; ++chain) chain_head(chain)->link &= ~kCapturedFlag;
  observer_ = nullptr;
}

}  // namespace terrace::storage
