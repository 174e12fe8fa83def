// Linear hashing: the bucket of a hash while buckets are added and removed one at a time, and the order of scans.
// Buckets are numbered; the last one was split off its sibling. A hash's place is its bits reversed. In that order a
// split replaces a bucket by two neighbours, so a cursor is a place between hashes, however the buckets change.
// Thread: pure functions.
#pragma once

#include <bit>
#include <cstdint>

namespace terrace::types::linear_hashing {

inline constexpr std::uint32_t kMaxBuckets = 1u << 31;

inline std::uint32_t reversed(std::uint32_t bits) {
  bits = (bits >> 1 & 0x55555555u) | (bits & 0x55555555u) << 1;
  bits = (bits >> 2 & 0x33333333u) | (bits & 0x33333333u) << 2;
  bits = (bits >> 4 & 0x0F0F0F0Fu) | (bits & 0x0F0F0F0Fu) << 4;
  return __builtin_bswap32(bits);
}

// The number of bits that select a bucket while none of this round is split. There is at least one bucket.
inline unsigned level_of(std::uint32_t bucket_count) {
  return static_cast<unsigned>(std::bit_width(bucket_count) - 1) & 31;
}

// The bucket that this one, the last, was split off.
inline std::uint32_t sibling_of(std::uint32_t bucket) {
  return bucket - std::bit_floor(bucket);
}

inline std::uint32_t bucket_of(std::uint32_t hash, std::uint32_t bucket_count) {
  const std::uint32_t round = std::uint32_t{1} << level_of(bucket_count);
  const std::uint32_t bucket = hash & (2 * round - 1);
  return bucket < bucket_count ? bucket : bucket & (round - 1);
}

// The place behind a bucket; 0 at the end.
inline std::uint64_t next_place(std::uint32_t bucket, std::uint32_t bucket_count) {
  const unsigned level = level_of(bucket_count);
  const std::uint32_t round = std::uint32_t{1} << level;
  const bool split = bucket >= round || bucket + round < bucket_count;
  const std::uint64_t next = std::uint64_t{reversed(bucket)} + (std::uint64_t{1} << (32 - level - (split ? 1 : 0)));
  return next >> 32 ? 0 : next;
}

}  // namespace terrace::types::linear_hashing
