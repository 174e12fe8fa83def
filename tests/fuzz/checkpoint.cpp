// Checkpoint files: any bytes, and any bytes as the payload of good blocks, give an error or items; a file that the
// writer made gives back what went in, and damaged it does so or is refused. With checksums put right, only that
// reading ends.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "storage/base/file_path.h"
#include "storage/checkpoint/checkpoint_file.h"
#include "tests/fuzz/memory_disk.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

namespace {

using namespace terrace::storage;

constexpr std::uint64_t kSerial = 3;
constexpr std::size_t kBlock = kTinyLimits ? 4 * kKiB : 64 * kKiB;
constexpr std::size_t kBlockHeader = 32;

// The items as words; in no order, for entries are packed in one of their own.
class Items final : public CheckpointSink {
 public:
  Result<void> database(unsigned number, std::uint32_t id, std::uint64_t entries) override {
    return add("database", {number, id, entries});
  }
  Result<void> entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold) override {
    return add("entry", {database_id, known_hash, cold.bits()});
  }
  Result<void> segment(std::unique_ptr<Segment> segment) override {
    static_cast<void>(
        add("segment", {segment->serial, segment->number, static_cast<std::uint64_t>(segment->kind),
                        segment->used_pages, segment->total_records, tick_seconds(segment->earliest_expiry)}));
    for (const ExpiryTick tick : segment->page_expiry) static_cast<void>(add("expiry", {tick_seconds(tick)}));
    for (const Segment::Hole& hole : segment->holes) static_cast<void>(add("hole", {hole.first_page, hole.page_count}));
    return {};
  }
  Result<void> attachment(std::string_view bytes) override { return add("attachment", {bytes.size()}); }
  std::string text() const {
    std::vector<std::string> lines = lines_;
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
  }

 private:
  Result<void> add(const char* what, std::initializer_list<std::uint64_t> numbers) {
    lines_.emplace_back(what);
    for (const std::uint64_t number : numbers) lines_.back() += ' ' + std::to_string(number);
    return {};
  }

  std::vector<std::string> lines_;
};

// What reading gives; nothing if the file is refused.
std::optional<std::string> read(const std::string& bytes) {
  MemoryDisk disk;
  const std::string path = FilePath::checkpoint(kSerial).text();
  disk.file(path) = bytes;
  Items items;
  const Result<void> result = disk.run(read_checkpoint(disk, kSerial, items));
  FUZZ_REQUIRE(disk.handles_open() == 0, "the checkpoint is left open");
  if (result.ok()) return items.text();
  FUZZ_REQUIRE(!result.error().message.empty(), "an error without words");
  return std::nullopt;
}

void mend(std::string& bytes) {
  for (std::size_t at = 0; at + kBlock <= bytes.size(); at += kBlock) {
    const std::uint64_t checksum = XXH3_64bits(bytes.data() + at + 8, kBlock - 8);
    std::memcpy(bytes.data() + at, &checksum, sizeof checksum);
  }
}

// Good blocks around any payload.
std::string wrap(std::string_view payload) {
  std::string bytes;
  for (std::uint32_t number = 0; number == 0 || !payload.empty(); ++number) {
    const std::string_view piece = payload.substr(0, kBlock - kBlockHeader);
    payload.remove_prefix(piece.size());
    const std::uint32_t head[] = {0, 0, 0x504B5254, 1, kSerial, 0, number, static_cast<std::uint32_t>(piece.size())};
    static_assert(sizeof head == kBlockHeader);
    std::string block(reinterpret_cast<const char*>(head), sizeof head);
    block += piece;
    block.resize(kBlock);
    bytes += block;
  }
  mend(bytes);
  return bytes;
}

Segment make_segment(FuzzedDataProvider& input) {
  Segment segment;
  segment.serial = input.ConsumeIntegral<std::uint64_t>();
  segment.number = input.ConsumeIntegralInRange<std::uint32_t>(0, kMaxSegments - 1);
  segment.kind = input.ConsumeBool() ? SegmentKind::kSpilled : SegmentKind::kCompacted;
  segment.used_pages = input.ConsumeIntegralInRange<std::uint32_t>(1, kMaxSegmentPages);
  segment.total_records = input.ConsumeIntegral<std::uint32_t>();
  const unsigned expiries = input.ConsumeIntegralInRange<unsigned>(0, 20);
  for (unsigned i = 0; i < expiries; ++i) {
    segment.note_expiry(input.ConsumeIntegral<std::uint8_t>(),
                        input.ConsumeIntegralInRange<std::int64_t>(0, INT64_MAX));
  }
  const unsigned holes = input.ConsumeIntegralInRange<unsigned>(0, 4);
  for (unsigned i = 0; i < holes; ++i) {
    segment.holes.push_back({input.ConsumeIntegral<std::uint32_t>(), input.ConsumeIntegral<std::uint32_t>()});
  }
  return segment;
}

// Writes a file of some items; `expected` takes what reading must give.
std::string write(FuzzedDataProvider& input, Items& expected) {
  MemoryDisk disk;
  CheckpointWriter writer(disk, kSerial);
  FUZZ_REQUIRE(disk.run(writer.create()).ok(), "a good disk refused a checkpoint");
  const unsigned databases = input.ConsumeIntegralInRange<unsigned>(0, 3);
  for (unsigned number = 0; number < databases; ++number) {
    const auto id = input.ConsumeIntegral<std::uint32_t>();
    const std::uint64_t count = input.ConsumeIntegralInRange<std::uint64_t>(0, input.ConsumeBool() ? 600 : 8);
    const unsigned chain_bits = input.ConsumeIntegralInRange<unsigned>(0, 30);
    writer.add_database(number, id, count, chain_bits);
    static_cast<void>(expected.database(number, id, count));
    std::uint64_t chance = input.ConsumeIntegral<std::uint64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      chance = chance * 6364136223846793005ull + 1442695040888963407ull;
      const std::uint64_t hash = chance & IndexEntry::kKnownHashMask;
      const Location location(static_cast<std::uint32_t>(chance >> 44), 1 + (chance >> 30) % 1000, chance % 100);
      const IndexEntry cold = (chance >> 22) % 16 == 0 ? IndexEntry::witness(chance, hash)
                                                       : IndexEntry::cold(location, ValueType::kString,
                                                                          {.whole = (chance >> 20) % 2 == 0}, hash);
      const bool walked = (chance >> 21) % 4 != 0;
      writer.add_entry(id, hash, cold, walked ? CheckpointWriter::Order::kOfChains : CheckpointWriter::Order::kNone);
      static_cast<void>(expected.entry(id, hash, cold));
    }
    if (input.ConsumeBool()) FUZZ_REQUIRE(disk.run(writer.write_full_blocks()).ok(), "a good disk refused a block");
  }
  const unsigned segments = input.ConsumeIntegralInRange<unsigned>(0, 3);
  for (unsigned i = 0; i < segments; ++i) {
    auto segment = std::make_unique<Segment>(make_segment(input));
    writer.add_segment(*segment);
    static_cast<void>(expected.segment(std::move(segment)));
  }
  FUZZ_REQUIRE(disk.run(writer.finish()).ok(), "a good disk refused the end");
  return disk.file(FilePath::checkpoint(kSerial).text());
}

void run_written(FuzzedDataProvider& input, bool mended) {
  Items expected;
  std::string bytes = write(input, expected);
  const std::optional<std::string> whole = read(bytes);
  FUZZ_REQUIRE(whole.has_value() && *whole == expected.text(), "other items than were written");
  const unsigned flips = input.ConsumeIntegralInRange<unsigned>(1, 5);
  for (unsigned i = 0; i < flips; ++i) {
    const std::size_t reach = input.ConsumeBool() ? 200 : bytes.size();
    char& byte = bytes[input.ConsumeIntegralInRange<std::size_t>(0, reach - 1)];
    byte = static_cast<char>(byte ^ input.ConsumeIntegral<char>());
  }
  if (mended) mend(bytes);
  const std::optional<std::string> damaged = read(bytes);
  // Where the items just fill a block an empty one follows, which nobody reads.
  FUZZ_REQUIRE(mended || !damaged || *damaged == *whole, "damage was taken for items");
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool mended = input.ConsumeBool();
  const auto mode = input.ConsumeIntegral<std::uint8_t>();
  if (mode < 32) {
    std::string bytes = input.ConsumeRemainingBytesAsString();
    if (mended) {
      bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock);
      mend(bytes);
    }
    read(bytes);
  } else if (mode < 128) {
    read(wrap(input.ConsumeRemainingBytesAsString()));
  } else {
    run_written(input, mended);
  }
}

std::vector<std::string> seeds() {
  const std::string payload("\1\0\5\1\2\5\1ABCDEFGHIJK\3\7\7\1\4\2\0\1\1\2\3\4\1\2\1\4\1", 36);
  // Behind the bytes what is read first: the mode, whether to put checksums right.
  std::vector<std::string> seeds = {payload + '\x40' + '\0', wrap("\4") + std::string(2, '\0')};
  std::string numbers;
  for (unsigned i = 0; i < 200; ++i) numbers += static_cast<char>(i * 31 + i / 5);
  seeds.push_back(numbers + '\xff' + '\0');
  seeds.push_back(numbers + '\xff' + '\1');
  return seeds;
}

std::vector<std::string> words() {
  return {"TRKP", std::string("\1\0\1\0", 4), std::string("\4\0", 2), std::string("\2\0\1", 3),
          "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"};
}

}  // namespace terrace::fuzz
