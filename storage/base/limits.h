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
// One device read serves one cold key. NVMe reads 4 KiB as fast as anything smaller.
inline constexpr std::uint32_t kPageSize = 4096;
// Large enough that a segment's header and file cost nothing beside it, small enough to be compacted in a second.
inline constexpr std::uint64_t kSegmentSize = 64 * kMiB;
// Small stores use smaller segments, so that the space allocated ahead is little beside the rest.
inline constexpr std::uint64_t kSmallSegmentSize = 4 * kMiB;
// On a nearly full disk segments have this size: a batch of compaction fits.
inline constexpr std::uint64_t kLeastSegmentSize = 1 * kMiB;
// A log file is recycled as a whole. Small files let the log's length follow the checkpoint closely.
inline constexpr std::uint64_t kLogFileSize = 16 * kMiB;
// One frame is one commit; a larger burst is split. Bounds the buffers in flight and the reader's buffer.
inline constexpr std::uint64_t kMaxFrameSize = 1 * kMiB;
// Large values are compressed and checksummed in blocks of this many raw bytes.
inline constexpr std::uint32_t kLargeBlockSize = 64 * kKiB;
// The interval at which the engine checks whether a checkpoint or compaction is due. What can be written in one
// interval must be little beside the store; otherwise the live share that compaction keeps would vary with the disk's
// speed.
inline constexpr std::int64_t kMaintenancePeriodMs = 100;
#endif

// A segment is this part of the store's size, between the smallest and the largest segment.
inline constexpr std::uint64_t kSegmentShare = 64;

// When less than this is free, beside room for a checkpoint, commands that grow the store are refused and nothing is
// spilled. It is for the log's next file, the fresh file of a start, and compaction, which frees space.
inline constexpr std::uint64_t kDiskReserve = 2 * kLogFileSize + kSegmentSize;
// Compaction and checkpoints hurry when less than this part of the disk is free.
inline constexpr std::uint64_t kLowDiskShare = 10;
// Compaction stops above this, so that a checkpoint can be written: it frees the segments that compaction has emptied.
inline constexpr std::uint64_t kCheckpointReserve = kSegmentSize / 4;

// The window of LZ4.
inline constexpr std::size_t kDictionarySize = kTinyLimits ? 1 * kKiB : 64 * kKiB;
// HC's level for what compaction writes. On package stanzas with a dictionary: 0.39 of raw at level 3, 0.38 at level 6
// in half as much time again; the fast compressor reaches 0.51 in a third of level 3's time.
inline constexpr int kThoroughLevel = 3;

// Commits in flight: one more than the device works on, so that it never waits for the reactor. More would make smaller
// frames of the same load: SETs from 50 connections are 5 to a frame with 4 in flight, and 12 to a frame with 2, which
// is a fifth more a second.
inline constexpr unsigned kMaxFramesInFlight = 2;

// Replay keeps at most this many bytes of a unit in memory until the unit's end is found. A longer unit is then read a
// second time: that costs less than to keep all that a burst of the largest commits splits.
inline constexpr std::uint64_t kReplayWindow = kTinyLimits ? 4 * kPageSize : 4 * kMaxFrameSize;

// At most this many raw bytes are packed into one page: bounds the reader's scratch buffer.
inline constexpr std::uint32_t kMaxPageRawSize = 8 * kPageSize;

// Bytes of log after which a checkpoint is due, unless the index is larger: replaying them takes about a second.
inline constexpr std::uint64_t kCheckpointLogSize = kTinyLimits ? 2 * kLogFileSize : 8 * kLogFileSize;
// While most keys are hot, the log may grow further, as long as it holds fewer entries than can be replayed in about a
// second, up to this size and this part of the disk: a checkpoint writes records that will soon be written again. With
// values of 256 bytes that took a quarter of a SET's cost.
inline constexpr std::uint64_t kCheckpointLogEntries = kTinyLimits ? 2000 : 2'000'000;
inline constexpr std::uint64_t kMaxCheckpointLogSize = 4 * kCheckpointLogSize;
inline constexpr std::uint64_t kCheckpointLogDiskShare = 16;

// While most keys are cold, a checkpoint is due when the log, or the segments in which nothing lives, take this part of
// the segments' bytes. A checkpoint writes some 6 bytes a key: with records of 300 packed bytes, half of what it gives
// back.
inline constexpr std::uint64_t kCheckpointShare = 40;

// Redis' limit for a string (the default of proto-max-bulk-len).
inline constexpr std::uint64_t kMaxValueSize = 512 * kMiB;

// Widths of a Location's fields. Together with an index entry's other bits they make 64 (index_entry.h).
inline constexpr unsigned kSegmentBits = 20;
inline constexpr unsigned kPageBits = 14;
inline constexpr unsigned kSlotBits = 8;
inline constexpr std::uint32_t kMaxSegments = 1u << kSegmentBits;
// Slots from here on mean "a large record that starts at this page", and how many pages to read at once (1 to 64).
inline constexpr std::uint32_t kFirstLargeSlot = 192;
inline constexpr std::uint32_t kMaxSlotsPerPage = kFirstLargeSlot;
inline constexpr std::uint32_t kMaxReadAheadPages = (1u << kSlotBits) - kFirstLargeSlot;

// The limit for a record's image; far beyond what memory can hold of one value.
inline constexpr std::uint64_t kMaxImageSize = 1024 * kGiB;
// Its size on disk if nothing of it can be compressed: a header of 16 bytes for each block.
inline constexpr std::uint64_t kMaxStoredImageSize = kMaxImageSize + kMaxImageSize / kLargeBlockSize * 16;

// Objects with a larger image are encoded in slices. From the second limit on, the image is also written to a new
// segment while it is encoded, so that it is never in memory as a whole.
inline constexpr std::uint64_t kSlicedImageSize = kTinyLimits ? 2 * kKiB : 64 * kKiB;
inline constexpr std::uint64_t kStreamedImageSize = kTinyLimits ? 8 * kKiB : 4 * kMiB;
// Bytes of an object's image that are encoded, or decoded, before the clock is checked.
inline constexpr std::uint64_t kImageStepSize = kTinyLimits ? 256 : 4 * kKiB;
// Larger objects stay in memory at the first touch: to read one again for the second touch would cost more.
inline constexpr std::uint64_t kStayingObjectSize = kTinyLimits ? 512 : 1 * kMiB;
// Raw bytes of a streamed image that are packed and written together.
inline constexpr std::uint64_t kStreamedPieceSize = 16 * kLargeBlockSize;
// Bytes of pages that are written together.
inline constexpr std::uint64_t kWrittenPieceSize = 8 * kLargeBlockSize;

// A segment is larger than kSegmentSize only if it holds one large record.
inline constexpr std::uint64_t kMaxSegmentPages = (kMaxStoredImageSize + kSegmentSize) / kPageSize;
static_assert(kMaxSegmentPages < std::uint64_t{1} << 32);

static_assert(kPageSize % io::kSectorSize == 0);
static_assert(kSegmentSize / kPageSize <= (1u << kPageBits), "a page's number must fit its bits");
static_assert(kMaxFramesInFlight * kMaxFrameSize <= kLogFileSize,
              "what is written again after a failure fits one file");
static_assert(kMaxFrameSize % kPageSize == 0 && kMaxFrameSize <= kLogFileSize / 2);
static_assert(kMaxPageRawSize <= 64 * kKiB, "offsets within a page's raw bytes are 16 bits");

}  // namespace terrace::storage
