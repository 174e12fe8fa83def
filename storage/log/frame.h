// Frame: one group commit in the log, in whole pages. See FORMAT.md.
//
//   | checksum u64 | magic u32 | version u32 | store id u64 | file serial u64 | sequence u64 | first position u64 |
//   | durable sequence u64 | previous chain u64 | payload checksum u64 | payload size u32 | 0 u32 | payload | zeros |
//
// The checksum covers the rest of the header and, through the payload checksum, the payload. `chain` links a frame to
// all frames before it, whichever file they were written to: a frame whose sync failed is written again, unchanged, to
// another file.
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
  // The previous_chain of the next frame.
  std::uint64_t chain() const;
};

std::uint64_t payload_checksum(std::span<const std::byte> payload);

// The bytes of a frame with this payload on disk.
constexpr std::uint64_t frame_size(std::uint64_t payload_size) {
  return (kFrameHeaderSize + payload_size + kPageSize - 1) / kPageSize * kPageSize;
}
inline constexpr std::uint64_t kMaxFramePayload = kMaxFrameSize - kFrameHeaderSize;

// Writes header and padding around the payload at kFrameHeaderSize of `frame`, which has frame_size() bytes.
void seal_frame(std::span<std::byte> frame, const FrameHeader& header);

struct FrameView {
  FrameHeader header;
  std::span<const std::byte> payload;
};
// The valid frame at the front of `bytes`, which may hold more; nullopt if there is none, or if it is incomplete.
std::optional<FrameView> parse_frame(std::span<const std::byte> bytes);
// The size in a frame header at the front of `bytes`, checked only for its bounds; 0 if there is no header.
std::uint64_t claimed_frame_size(std::span<const std::byte> bytes);
// The file serial in a frame header at the front of `bytes`, unchecked; 0 if there is no header.
std::uint64_t claimed_file_serial(std::span<const std::byte> bytes);
// The version of a frame at the front of `bytes` that this build does not know.
std::optional<std::uint32_t> foreign_frame_version(std::span<const std::byte> bytes);

}  // namespace terrace::storage
