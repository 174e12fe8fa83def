// Frame: one group commit in the log, in whole pages. See FORMAT.md.
//
//   | checksum u64 | magic u32 | version u32 | store id u64 | file serial u64 | sequence u64 | first position u64 |
//   | durable sequence u64 | previous chain u64 | payload checksum u64 | payload size u32 | 0 u32 | payload | zeros |
//
// The checksum covers the header behind it and, through the payload checksum, the payload. `chain` ties a frame to all
// before it, whatever file they were written to: a frame whose sync failed is written again, the same, to another file.
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "storage/base/limits.h"

namespace terrace::storage {

inline constexpr std::size_t kFrameHeaderSize = 80;

struct FrameHeader {
  std::uint64_t store_id = 0;
  std::uint64_t file_serial = 0;
  std::uint64_t sequence = 0;
  std::uint64_t first_position = 0;
  std::uint64_t durable_sequence = 0;  // when the frame was sealed, all frames below it were durable
  std::uint64_t previous_chain = 0;
  std::uint64_t payload_checksum = 0;
  std::uint32_t payload_size = 0;

  std::uint64_t end_position() const { return first_position + payload_size; }
  // What the next frame's previous_chain is.
  std::uint64_t chain() const;
};

std::uint64_t payload_checksum(std::span<const std::byte> payload);

// Bytes that a frame with this payload takes on disk.
constexpr std::uint64_t frame_size(std::uint64_t payload_size) {
  return (kFrameHeaderSize + payload_size + kPageSize - 1) / kPageSize * kPageSize;
}
inline constexpr std::uint64_t kMaxFramePayload = kMaxFrameSize - kFrameHeaderSize;

// Writes header and padding around the payload that stands at kFrameHeaderSize of `frame` (frame_size() bytes).
void seal_frame(std::span<std::byte> frame, const FrameHeader& header);

struct FrameView {
  FrameHeader header;
  std::span<const std::byte> payload;
};
// The valid frame at the front of `bytes`, which may hold more; nothing if there is none, or it is not whole.
std::optional<FrameView> parse_frame(std::span<const std::byte> bytes);
// The size that a frame's header at the front of `bytes` claims, unchecked but for bounds; 0 if there is no header.
std::uint64_t claimed_frame_size(std::span<const std::byte> bytes);
// The file serial that a header at the front of `bytes` claims, unchecked; 0 if there is no header.
std::uint64_t claimed_file_serial(std::span<const std::byte> bytes);
// A frame of a version this build does not know stands here.
std::optional<std::uint32_t> foreign_frame_version(std::span<const std::byte> bytes);

}  // namespace terrace::storage
