#include "storage/checkpoint/checkpoint_file.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <tuple>

#include "storage/base/file_path.h"
#include "storage/base/varint.h"
#include "tests/fuzz/memory_disk.h"

namespace terrace::storage {
namespace {

constexpr std::uint64_t kSerial = 3;
constexpr std::uint32_t kDatabaseId = 7;

using Entry = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;  // database id, known hash, entry

class Entries final : public CheckpointSink {
 public:
  Result<void> database(unsigned, std::uint32_t, std::uint64_t) override { return {}; }
  Result<void> entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold) override {
    found.emplace_back(database_id, known_hash, cold.bits());
    return {};
  }
  Result<void> segment(std::unique_ptr<Segment>) override { return {}; }
  Result<void> attachment(std::string_view bytes) override {
    attached = bytes;
    return {};
  }

  std::vector<Entry> found;
  std::string attached;
};

IndexEntry entry_of(std::uint64_t hash) {
  const Location location(static_cast<std::uint32_t>(hash % 50), static_cast<std::uint32_t>(1 + hash % 700),
                          static_cast<std::uint32_t>(hash % 14));
  return IndexEntry::cold(location, ValueType::kString, {.whole = hash % 3 == 0}, hash);
}

std::vector<Entry> read(fuzz::MemoryDisk& disk) {
  Entries entries;
  const Result<void> done = disk.run(read_checkpoint(disk, kSerial, entries));
  EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
  std::sort(entries.found.begin(), entries.found.end());
  return entries.found;
}

// Entries from the walk lie beside others, and databases are kept apart.
TEST(CheckpointFileTest, EntriesComeBackWhateverTheirOrder) {
  fuzz::MemoryDisk disk;
  CheckpointWriter writer(disk, kSerial);
  ASSERT_TRUE(disk.run(writer.create()).ok());
  std::vector<Entry> expected;
  for (const std::uint32_t id : {kDatabaseId, kDatabaseId + 1}) writer.add_database(id, id, 5000, 12);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto id = kDatabaseId + static_cast<std::uint32_t>(i / 1500 % 2);
    const std::uint64_t hash = i * 0x9E3779B97F4A7C15u & IndexEntry::kKnownHashMask;
    const auto order = i % 10 == 0 ? CheckpointWriter::Order::kNone : CheckpointWriter::Order::kOfChains;
    writer.add_entry(id, hash, entry_of(hash), order);
    expected.emplace_back(id, hash, entry_of(hash).bits());
  }
  EXPECT_EQ(writer.total_entries(), expected.size());
  ASSERT_TRUE(disk.run(writer.finish()).ok());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(read(disk), expected);
}

// What the server keeps beside keys may be larger than a block.
TEST(CheckpointFileTest, AnAttachmentComesBack) {
  const std::string attachment(300'000, 'a');
  fuzz::MemoryDisk disk;
  CheckpointWriter writer(disk, kSerial);
  ASSERT_TRUE(disk.run(writer.create()).ok());
  writer.add_attachment(attachment);
  ASSERT_TRUE(disk.run(writer.finish()).ok());
  Entries items;
  ASSERT_TRUE(disk.run(read_checkpoint(disk, kSerial, items)).ok());
  EXPECT_EQ(items.attached, attachment);
}

// FORMAT.md: item 2, and the block around it.
TEST(CheckpointFileTest, EntriesOfBeforeTheyWerePackedAreRead) {
  constexpr std::size_t kBlockSize = kTinyLimits ? 4 * kKiB : 64 * kKiB;
  std::string payload;
  payload.push_back(2);
  put_varint(payload, kDatabaseId);
  put_varint(payload, 100);
  std::vector<Entry> expected;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t hash = i * 0x9E3779B97F4A7C15u & IndexEntry::kKnownHashMask;
    put_fixed(payload, static_cast<std::uint8_t>(hash));
    put_fixed(payload, IndexEntry::tag_of(hash));
    put_fixed(payload, entry_of(hash).bits());
    expected.emplace_back(kDatabaseId, hash, entry_of(hash).bits());
  }
  payload.push_back(4);
  put_varint(payload, 100);

  std::string rest;  // of the block, behind the checksum
  put_fixed(rest, std::uint32_t{0x504B5254});
  put_fixed(rest, std::uint32_t{1});
  put_fixed(rest, kSerial);
  put_fixed(rest, std::uint32_t{0});
  put_fixed(rest, static_cast<std::uint32_t>(payload.size()));
  rest += payload;
  rest.resize(kBlockSize - sizeof(std::uint64_t));
  fuzz::MemoryDisk disk;
  std::string& file = disk.file(FilePath::checkpoint(kSerial).text());
  put_fixed(file, std::uint64_t{XXH3_64bits(rest.data(), rest.size())});
  file += rest;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(read(disk), expected);
}

}  // namespace
}  // namespace terrace::storage
