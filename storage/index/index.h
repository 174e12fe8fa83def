// Index: one hash table of 64-byte buckets, by linear hashing (Litwin 1980). The table grows by one bucket at a time,
// so no insertion ever waits for a rehash. A chain is a primary bucket with its overflow buckets. At the load kept here
// a key costs 13 to 15 bytes. The index knows entries and hashes, not keys: the caller compares the key.
//
// Hash order is the order of the bit-reversed hash. Chains visited in that order show each key exactly once, however
// the table grows in between, because a split replaces a chain by two that are neighbours in that order.
//
// A cut (cut.h) observes the index: each chain is captured once, before its first change or when the cut's walk arrives
// at it, whichever comes first.
//
// Invariants:
// - Chain number, entry and tag together hold the low 38 bits of the hash (IndexEntry::known_hash), so a split never
//   reads a key. The table stops there (checked by split()).
// - The counts (hot_count() and so on) are those of the entries in the table: only insert(), erase() and replace()
//   change entries, and all of them count.
// - No overflow bucket is empty: erase() and split() free them.
// - One cut at a time (checked by begin_cut()). Before a chain changes, it is captured: insert(), erase() and split()
//   do so; a caller of replace(), and one that changes a record, calls before_change() first if the content changes.
// - A chain that was made after the cut began is not part of it: the split captured the chain it was made from.
// - Overwritten entries of one hash have exactly one witness, and there is no witness without them
//   (blind_overwrites.h).
// Ownership: owns its buckets, not the records that hot entries point to.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "storage/index/index_entry.h"

namespace terrace::storage {

class Index;

class ChainObserver {
 public:
  virtual ~ChainObserver() = default;
  // Must copy what it needs of the chain's entries now: they change right after.
  virtual void capture(Index& index, std::uint32_t chain) = 0;
};

class Index {
 public:
  static constexpr unsigned kEntriesPerBucket = 6;

  // The place of an entry; valid until the next insert() or erase().
  class Position {
   public:
    explicit operator bool() const { return entry_ != nullptr; }
    IndexEntry& operator*() const { return *entry_; }
    IndexEntry* operator->() const { return entry_; }

   private:
    friend class Index;
    IndexEntry* entry_ = nullptr;
  };

  Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Keys: hot and cold entries. An overwritten entry may be a further key.
  std::uint64_t size() const { return hot_ + cold_; }
  std::uint64_t entry_count() const { return hot_ + cold_ + blind_overwrites_ + witnesses_; }
  std::uint64_t hot_count() const { return hot_; }
  std::uint64_t cold_count() const { return cold_; }
  std::uint64_t overwritten_count() const { return blind_overwrites_; }
  std::uint64_t expiring_count() const { return expiring_; }
  std::uint64_t hot_expiring_count() const { return hot_expiring_; }
  // Keys of which parts expire.
  std::uint64_t parts_expiring_count() const { return parts_expiring_; }
  std::uint64_t hot_parts_expiring_count() const { return hot_parts_expiring_; }
  std::uint64_t memory_bytes() const;

  // Calls `visit(Position)` for every entry that may belong to a key with this hash, until it returns true.
  template <typename Visit>
  Position find(std::uint64_t hash, Visit&& visit) const {
    const std::uint16_t tag = IndexEntry::tag_of(hash);
    for (Bucket* bucket = chain_head(chain_of(hash)); bucket; bucket = next(*bucket)) {
      for (unsigned slot = 0; slot < kEntriesPerBucket; ++slot) {
        if (bucket->tags[slot] != tag) continue;
        IndexEntry& entry = bucket->entries[slot];
        if (entry.empty() || !entry.matches(hash)) continue;
        Position position;
        position.entry_ = &entry;
        if (visit(position)) return position;
      }
    }
    return {};
  }
  // Prefetches the bucket that find(hash) reads first, and the record that it leads to; call the second when the bucket
  // has arrived. Neither waits: the cache misses of several look-ups overlap.
  void prefetch_bucket(std::uint64_t hash) const { prefetch(chain_head(chain_of(hash))); }
  void prefetch_record(std::uint64_t hash) const {
    find(hash, [](Position at) {
      if (!at->is_hot()) return false;
      const char* const record = reinterpret_cast<const char*>(at->record());
      for (unsigned line = 0; line < kRecordLines; ++line) prefetch(record + line * 64);
      return true;
    });
  }
  // The entry of this hot record, compared by address.
  Position find_record(std::uint64_t hash, const Record* record) const {
    return find(hash, [record](Position at) { return at->is_hot() && at->record() == record; });
  }

  // Adds an entry without checking whether its key is there, and grows the table by one bucket if its load requires it.
  Position insert(std::uint64_t hash, IndexEntry entry);
  void erase(std::uint64_t hash, Position position);
  // Changes an entry in place and updates the counts. The new entry must have the same key's hash.
  void replace(Position position, IndexEntry entry) { replace_entry(*position, entry); }
  void replace_entry(IndexEntry& place, IndexEntry entry);

  // --- chains, by number
  std::uint32_t chain_count() const { return chain_count_; }
  std::uint32_t chain_of(std::uint64_t hash) const {
    const std::uint32_t low = static_cast<std::uint32_t>(hash) & ((1u << level_) - 1);
    return low < split_ ? static_cast<std::uint32_t>(hash) & ((2u << level_) - 1) : low;
  }
  // The number of low bits of a hash that select a chain; for chains that are split already it is one more.
  unsigned chain_bits() const { return level_; }
  // Calls `visit(IndexEntry&, std::uint64_t known_hash)` for each entry of a chain; it must not insert or erase.
  template <typename Visit>
  void visit_chain(std::uint32_t chain, Visit&& visit) const {
    for (Bucket* bucket = chain_head(chain); bucket; bucket = next(*bucket)) {
      for (unsigned slot = 0; slot < kEntriesPerBucket; ++slot) {
        IndexEntry& entry = bucket->entries[slot];
        if (!entry.empty()) visit(entry, entry.known_hash(chain, bucket->tags[slot]));
      }
    }
  }
  // --- hash order. A cursor is a place in it, of 32 bits; 0 is the start and, as a result, the end.
  std::uint32_t chain_at(std::uint32_t cursor) const;
  std::uint32_t next_cursor(std::uint32_t cursor) const;

  // Grows an empty table at once for `entries` entries, for recovery.
  void reserve(std::uint64_t entries);

  // --- cuts
  void begin_cut(ChainObserver& observer);
  // Captures up to `chains` further chains, in order; true when all are captured, which ends the cut.
  bool advance_cut(std::uint32_t chains);
  void abandon_cut();
  bool observed() const { return observer_ != nullptr; }
  // Must be called before an entry of this hash's chain, or the record behind it, changes its content.
  void before_change(std::uint64_t hash) {
    if (observer_) capture_once(chain_of(hash));
  }

 private:
  static constexpr unsigned kChainBits = 8;
  static constexpr std::uint32_t kBucketsPerChunk = 1u << kChainBits;
  // Entries per primary bucket on average. A higher load costs fewer bytes a key and makes chains longer: at 7.5,
  // chains of 5 to 10 entries have 1.0 to 2.2 buckets.
  static constexpr std::uint64_t kTargetLoadTimesTwo = 15;
  static constexpr std::uint32_t kOverflowBits = 28;
  static constexpr std::uint32_t kOverflowMask = (1u << kOverflowBits) - 1;
  static constexpr std::uint32_t kCapturedFlag = 1u << kOverflowBits;

  struct alignas(64) Bucket {
    IndexEntry entries[kEntriesPerBucket];
    std::uint16_t tags[kEntriesPerBucket];
    std::uint32_t link;  // the next overflow bucket's number + 1, in the low bits; kCapturedFlag in a chain's head
  };
  static_assert(sizeof(Bucket) == 64);

  // Buckets by number, in chunks, so that growth moves only the pointers to chunks.
  class BucketArray {
   public:
    Bucket& operator[](std::uint32_t number) const {
      return chunks_[number >> kChainBits][number & (kBucketsPerChunk - 1)];
    }
    std::uint32_t capacity() const { return static_cast<std::uint32_t>(chunks_.size()) << kChainBits; }
    void grow_to(std::uint32_t buckets);

   private:
    struct Free {
      void operator()(Bucket* chunk) const { std::free(chunk); }
    };
    using Chunk = std::unique_ptr<Bucket[], Free>;

    static Chunk make_chunk();

    std::vector<Chunk> chunks_;
  };

  // Cache lines prefetched of a record, whose size is not known yet. With them, SETs of 256 bytes in pipelines of 16
  // cost a seventh less than with two lines, and those of 16 bytes the same.
  static constexpr unsigned kRecordLines = 6;

  // g++ 12 drops calls of a function that only prefetches, as if it had no effect; the asm statement prevents that.
  static void prefetch(const void* at) {
    __builtin_prefetch(at);
    asm volatile("" : : "r"(at));
  }
  Bucket* chain_head(std::uint32_t chain) const { return &primary_[chain]; }
  Bucket* next(const Bucket& bucket) const {
    const std::uint32_t link = bucket.link & kOverflowMask;
    return link ? &overflow_[link - 1] : nullptr;
  }
  std::uint32_t allocate_overflow();
  void free_overflow(std::uint32_t link);
  Position place(std::uint32_t chain, std::uint16_t tag, IndexEntry entry);
  void split();
  void capture_once(std::uint32_t chain);
  void count(IndexEntry entry, std::int64_t sign);
  // The number of leading bits of a cursor that select its chain.
  unsigned chain_level(std::uint32_t chain) const;

  BucketArray primary_;
  BucketArray overflow_;
  unsigned level_ = IndexEntry::kBaseLevel;
  std::uint32_t split_ = 0;
  std::uint32_t chain_count_ = 0;
  std::uint32_t overflow_used_ = 0;
  std::uint32_t overflow_free_ = 0;  // link of the first free overflow bucket
  std::uint64_t overflow_in_use_ = 0;
  std::uint64_t hot_ = 0;
  std::uint64_t cold_ = 0;
  std::uint64_t blind_overwrites_ = 0;
  std::uint64_t witnesses_ = 0;
  std::uint64_t expiring_ = 0;
  std::uint64_t hot_expiring_ = 0;
  std::uint64_t parts_expiring_ = 0;
  std::uint64_t hot_parts_expiring_ = 0;

  ChainObserver* observer_ = nullptr;
  std::uint32_t cut_cursor_ = 0;  // chains below are captured
  std::uint32_t cut_end_ = 0;     // chains from here on did not exist when the cut began
};

}  // namespace terrace::storage
