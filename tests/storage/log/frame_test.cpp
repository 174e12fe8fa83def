#include "storage/log/frame.h"

#include <gtest/gtest.h>

#include <cstring>

#include "storage/base/aligned_buffer.h"

namespace terrace::storage {
namespace {

AlignedBuffer make_frame(const std::string& payload, FrameHeader header) {
  AlignedBuffer frame(frame_size(payload.size()));
  std::memcpy(frame.data() + kFrameHeaderSize, payload.data(), payload.size());
  header.payload_size = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = payload_checksum(frame.span().subspan(kFrameHeaderSize, payload.size()));
  seal_frame(frame.span(), header);
  return frame;
}

constexpr FrameHeader kHeader{
    .store_id = 1, .file_serial = 2, .sequence = 3, .first_position = 4, .durable_sequence = 5, .previous_chain = 6};

TEST(FrameTest, ReadsBackWhatWasSealed) {
  for (const std::size_t size : {0u, 1u, 400u, kPageSize - 80u, kPageSize - 79u, 3 * kPageSize + 5u}) {
    const std::string payload(size, 'p');
    const AlignedBuffer frame = make_frame(payload, kHeader);
    EXPECT_EQ(claimed_frame_size(frame.span()), frame.size());
    const auto view = parse_frame(frame.span());
    ASSERT_TRUE(view.has_value());
    EXPECT_EQ(view->header.sequence, 3u);
    EXPECT_EQ(view->header.end_position(), 4 + size);
    EXPECT_EQ(view->payload.size(), size);
  }
}

TEST(FrameTest, AnyFlippedBitOfHeaderAndPayloadIsFound) {
  AlignedBuffer frame = make_frame(std::string(300, 'x'), kHeader);
  for (std::size_t bit = 0; bit < (kFrameHeaderSize + 300) * 8; ++bit) {
    frame.data()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    ASSERT_FALSE(parse_frame(frame.span()).has_value()) << "bit " << bit;
    frame.data()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
  }
  EXPECT_TRUE(parse_frame(frame.span()).has_value());
}

TEST(FrameTest, ACutFrameIsNone) {
  const AlignedBuffer frame = make_frame(std::string(2 * kPageSize, 'x'), kHeader);
  for (std::size_t size = 0; size < frame.size(); size += io::kSectorSize) {
    EXPECT_FALSE(parse_frame(frame.span().subspan(0, size)).has_value());
  }
}

TEST(FrameTest, TheChainDependsOnContentAndPlaceInTheStreamOnly) {
  FrameHeader header = kHeader;
  header.payload_checksum = 9;
  header.payload_size = 10;
  const std::uint64_t chain = header.chain();
  header.file_serial = 99;
  header.durable_sequence = 99;
  EXPECT_EQ(header.chain(), chain);
  header.first_position = 99;
  EXPECT_NE(header.chain(), chain);
}

}  // namespace
}  // namespace terrace::storage
