#include "storage/log/frame.h"

#include <cstring>

#include "io/result.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace terrace::storage {

namespace {

constexpr std::uint32_t kFrameMagic = 0x464C5254;  // "TRLF"
constexpr std::uint32_t kFrameVersion = 2;

struct RawHeader {
  std::uint64_t checksum;
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t store_id;
  std::uint64_t file_serial;
  std::uint64_t sequence;
  std::uint64_t first_position;
  std::uint64_t durable_sequence;
  std::uint64_t previous_chain;
  std::uint64_t payload_checksum;
  std::uint32_t payload_size;
  std::uint32_t reserved;
};
static_assert(sizeof(RawHeader) == kFrameHeaderSize);

std::uint64_t header_checksum(const RawHeader& raw) {
  return XXH3_64bits(reinterpret_cast<const char*>(&raw) + sizeof raw.checksum, sizeof raw - sizeof raw.checksum);
}

}  // namespace

std::uint64_t FrameHeader::chain() const {
  const std::uint64_t links[] = {previous_chain, sequence, first_position, payload_checksum, payload_size};
  return XXH3_64bits(links, sizeof links);
}

std::uint64_t payload_checksum(std::span<const std::byte> payload) {
  return XXH3_64bits(payload.data(), payload.size());
}

void seal_frame(std::span<std::byte> frame, const FrameHeader& header) {
  TERRACE_CHECK(frame.size() == frame_size(header.payload_size));
  RawHeader raw{};
  raw.magic = kFrameMagic;
  raw.version = kFrameVersion;
  raw.store_id = header.store_id;
  raw.file_serial = header.file_serial;
  raw.sequence = header.sequence;
  raw.first_position = header.first_position;
  raw.durable_sequence = header.durable_sequence;
  raw.previous_chain = header.previous_chain;
  raw.payload_checksum = header.payload_checksum;
  raw.payload_size = header.payload_size;
  raw.checksum = header_checksum(raw);
  std::memcpy(frame.data(), &raw, sizeof raw);
  const std::size_t used = kFrameHeaderSize + header.payload_size;
  std::memset(frame.data() + used, 0, frame.size() - used);
}

namespace {

bool read_header(std::span<const std::byte> bytes, RawHeader& raw) {
  if (bytes.size() < sizeof raw) return false;
  std::memcpy(&raw, bytes.data(), sizeof raw);
  return raw.magic == kFrameMagic;
}

}  // namespace

std::uint64_t claimed_frame_size(std::span<const std::byte> bytes) {
  RawHeader raw;
  if (!read_header(bytes, raw) || raw.payload_size > kMaxFramePayload) return 0;
  return frame_size(raw.payload_size);
}

std::uint64_t claimed_file_serial(std::span<const std::byte> bytes) {
  RawHeader raw;
  return read_header(bytes, raw) ? raw.file_serial : 0;
}

std::optional<std::uint32_t> foreign_frame_version(std::span<const std::byte> bytes) {
  RawHeader raw;
  if (!read_header(bytes, raw) || raw.version == kFrameVersion || raw.checksum != header_checksum(raw)) return {};
  return raw.version;
}

std::optional<FrameView> parse_frame(std::span<const std::byte> bytes) {
  RawHeader raw;
  if (!read_header(bytes, raw) || raw.version != kFrameVersion || raw.checksum != header_checksum(raw)) return {};
  if (raw.payload_size > kMaxFramePayload || bytes.size() < frame_size(raw.payload_size)) return {};
  const auto payload = bytes.subspan(kFrameHeaderSize, raw.payload_size);
  if (payload_checksum(payload) != raw.payload_checksum) return {};
  FrameView view;
  view.header = {raw.store_id,         raw.file_serial,    raw.sequence,         raw.first_position,
                 raw.durable_sequence, raw.previous_chain, raw.payload_checksum, raw.payload_size};
  view.payload = payload;
  return view;
}

}  // namespace terrace::storage
