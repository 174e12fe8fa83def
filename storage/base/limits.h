// All limits of the storage floor, with the reason beside each. TERRACE_TINY selects the tiny profile, in which the
// same test suites run under constant spilling, segment turnover and log recycling.
#pragma once

#include <cstddef>
#include <cstdint>

#include "io/disk.h"

namespace terrace::storage {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

#ifdef TERRACE_TINY
inline constexpr bool kTinyLimits = true;
inline constexpr std::uint32_t kPageSize = 512;
inline constexpr std::uint64_t kSegmentSize = 64 * kKiB;
inline constexpr std::uint64_t kSmallSegmentSize = 16 * kKiB;
inline constexpr std::uint64_t kLeastSegmentSize = 8 * kKiB;
inline constexpr std::uint64_t kLogFileSize = 64 * kKiB;
inline constexpr std::uint64_t kMaxFrameSize = 16 * kKiB;
inline constexpr std::uint32_t kLargeBlockSize = 4 * kKiB;
inline constexpr std::int64_t kMaintenancePeriodMs = 10;
#else
inline constexpr bool kTinyLimits = false;
// One device read serves one cold key; 4 KiB is the unit that NVMe reads as fast as anything smaller.
inline constexpr std::uint32_t kPageSize = 4096;
// Large enough that a segment's header and file are nothing beside it, small enough to compact in a second.
inline constexpr std::uint64_t kSegmentSize = 64 * kMiB;
// Small stores take smaller ones, so that what is allocated ahead is little beside the rest.
inline constexpr std::uint64_t kSmallSegmentSize = 4 * kMiB;
// What is left of a full disk is taken in segments of this size: a batch of compaction fits.
inline constexpr std::uint64_t kLeastSegmentSize = 1 * kMiB;
// A log file is recycled whole; small files make the log's length follow the checkpoint closely.
inline constexpr std::uint64_t kLogFileSize = 16 * kMiB;
// One frame is one commit; a larger burst is split. Bounds the buffers in flight and the reader's buffer.
inline constexpr std::uint64_t kMaxFrameSize = 1 * kMiB;
// Large values are compressed and checksummed in blocks of this many raw bytes, one by one.
inline constexpr std::uint32_t kLargeBlockSize = 64 * kKiB;
// So often the engine looks whether a checkpoint or compaction is due. What can be written meanwhile must be little
// beside the store, or what compaction keeps swings with the disk's speed.
inline constexpr std::int64_t kMaintenancePeriodMs = 100;
#endif

// A store takes segments of this part of its size, between the least and the largest.
inline constexpr std::uint64_t kSegmentShare = 64;

// What grows is refused, and nothing is spilled, when less than this is free beside room for a checkpoint: for the
// log's next file, the fresh one that a start takes, and compaction, which makes space.
inline constexpr std::uint64_t kDiskReserve = 2 * kLogFileSize + kSegmentSize;
// Compaction stops above this, so that a checkpoint can be written, which makes what it has emptied free.
inline constexpr std::uint64_t kCheckpointReserve = kSegmentSize / 4;

// What LZ4 can look back on.
inline constexpr std::size_t kDictionarySize = kTinyLimits ? 1 * kKiB : 64 * kKiB;
// HC's level for what compaction writes. On package stanzas with a dictionary: 0.39 of raw at level 3, 0.38 at 6 for
// half as much time again; the fast compressor makes 0.51 in a third of level 3's time.
inline constexpr int kThoroughLevel = 3;

// Commits in flight: one more than the device works on, so that it never waits for the reactor. More would make smaller
// frames of the same load: SET from 50 connections takes 5 to a frame with 4, 12 with 2, and a fifth more a second.
inline constexpr unsigned kMaxFramesInFlight = 2;

// Of a unit at the log's end that is not whole yet, replay keeps so many bytes in memory. Longer ones are read a second
// time when their end is found, which costs less than to keep what a burst of commits of the largest size splits.
inline constexpr std::uint64_t kReplayWindow = kTinyLimits ? 4 * kPageSize : 4 * kMaxFrameSize;

// Raw bytes packed into one page at most: bounds the scratch buffer a reader needs.
inline constexpr std::uint32_t kMaxPageRawSize = 8 * kPageSize;

// Bytes of log after which a checkpoint is due, unless the index is larger: replay of so many takes about a second.
inline constexpr std::uint64_t kCheckpointLogSize = kTinyLimits ? 2 * kLogFileSize : 8 * kLogFileSize;
// While most keys are hot, the log may grow beyond that as long as it holds fewer entries than take about a second, up
// to this size and this part of the disk: each checkpoint writes what is soon written again. With values of 256 bytes
// it took a quarter of what a SET costs.
inline constexpr std::uint64_t kCheckpointLogEntries = kTinyLimits ? 2000 : 2'000'000;
inline constexpr std::uint64_t kMaxCheckpointLogSize = 4 * kCheckpointLogSize;
inline constexpr std::uint64_t kCheckpointLogDiskShare = 16;

// While most keys are cold, a checkpoint is due for this part of the segments' bytes, in the log or in segments in
// which nothing lives. Each costs some 6 bytes a key: with records of 300 packed bytes half of what it gives back.
inline constexpr std::uint64_t kCheckpointShare = 40;

// Redis' own bound on a string (proto-max-bulk-len's default).
inline constexpr std::uint64_t kMaxValueSize = 512 * kMiB;
inline constexpr std::uint64_t kMaxKeySize = 512 * kMiB;

// Widths of a Location's parts. Together with an index entry's own bits they fill 64 (see index.h).
inline constexpr unsigned kSegmentBits = 20;
inline constexpr unsigned kPageBits = 14;
inline constexpr unsigned kSlotBits = 8;
inline constexpr std::uint32_t kMaxSegments = 1u << kSegmentBits;
// Slots from here on say "a large record that starts at this page" and how many pages to read at once (1 to 64).
inline constexpr std::uint32_t kFirstLargeSlot = 192;
inline constexpr std::uint32_t kMaxSlotsPerPage = kFirstLargeSlot;
inline constexpr std::uint32_t kMaxReadAheadPages = (1u << kSlotBits) - kFirstLargeSlot;

// Bound on a record's image; far beyond what memory holds of one value.
inline constexpr std::uint64_t kMaxImageSize = 1024 * kGiB;
// What it takes at most where nothing of it shrinks: a header of 16 bytes for each block.
inline constexpr std::uint64_t kMaxStoredImageSize = kMaxImageSize + kMaxImageSize / kLargeBlockSize * 16;

// Objects whose images are larger are encoded in slices, and from the second bound on written to a segment of their own
// as they are encoded, so that they are not in memory a second time.
inline constexpr std::uint64_t kSlicedImageSize = kTinyLimits ? 2 * kKiB : 64 * kKiB;
inline constexpr std::uint64_t kStreamedImageSize = kTinyLimits ? 8 * kKiB : 4 * kMiB;
// Bytes of an object's image that are made, or built from, before the clock is asked.
inline constexpr std::uint64_t kImageStepSize = kTinyLimits ? 256 : 4 * kKiB;
// Larger objects stay in memory at the first touch: to read one once more for a second touch would cost more.
inline constexpr std::uint64_t kStayingObjectSize = kTinyLimits ? 512 : 1 * kMiB;
// Raw bytes of a streamed image that are packed and written at once.
inline constexpr std::uint64_t kStreamedPieceSize = 16 * kLargeBlockSize;
// Bytes of pages that are written at once.
inline constexpr std::uint64_t kWrittenPieceSize = 8 * kLargeBlockSize;

// A segment is larger than kSegmentSize only if it holds one large record.
inline constexpr std::uint64_t kMaxSegmentPages = (kMaxStoredImageSize + kSegmentSize) / kPageSize;
static_assert(kMaxSegmentPages < std::uint64_t{1} << 32);

inline constexpr unsigned kMaxDatabases = 1024;

static_assert(kPageSize % io::kSectorSize == 0);
static_assert(kSegmentSize / kPageSize <= (1u << kPageBits), "a page's number must fit its bits");
static_assert(kMaxFramesInFlight * kMaxFrameSize <= kLogFileSize,
              "what is written again after a failure fits one file");
static_assert(kMaxFrameSize % kPageSize == 0 && kMaxFrameSize <= kLogFileSize / 2);
static_assert(kMaxPageRawSize <= 64 * kKiB, "offsets within a page's raw bytes are 16 bits");

}  // namespace terrace::storage
