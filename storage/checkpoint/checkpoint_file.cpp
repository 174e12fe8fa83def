#include "storage/checkpoint/checkpoint_file.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "io/activity.h"
#include "storage/base/aligned_buffer.h"
#include "storage/base/disk_error.h"
#include "storage/base/varint.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kBlockMagic = 0x504B5254;  // "TRKP"
constexpr std::uint32_t kBlockVersion = 1;
constexpr std::size_t kBlockSize = kTinyLimits ? 4 * kKiB : 64 * kKiB;
constexpr std::size_t kPlainEntrySize = 11;

enum Item : std::uint8_t { kDatabase = 1, kEntries = 2, kSegment = 3, kEnd = 4, kPackedEntries = 5, kAttachment = 6 };

struct BlockHeader {
  std::uint64_t checksum;  // XXH3 of the rest of the block
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t serial;
  std::uint32_t number;
  std::uint32_t payload_size;
};
static_assert(sizeof(BlockHeader) == 32);
constexpr std::size_t kBlockPayload = kBlockSize - sizeof(BlockHeader);

std::uint64_t checksum_of(const AlignedBuffer& block) {
  return XXH3_64bits(block.data() + sizeof(std::uint64_t), block.size() - sizeof(std::uint64_t));
}

}  // namespace

io::Task<Result<void>> CheckpointWriter::create() {
  const std::string path = FilePath::checkpoint(serial_).text();
  const std::int32_t file = co_await disk_.open(path.c_str(), io::OpenMode::kCreate);
  if (file < 0) co_return disk_error("create", path, file);
  file_ = file;
  co_return Result<void>();
}

void CheckpointWriter::add_database(unsigned number, std::uint32_t id, std::uint64_t entries, unsigned chain_bits) {
  end_groups();
  chain_bits_[id] = chain_bits;
  stream_.push_back(static_cast<char>(kDatabase));
  put_varint(stream_, number);
  put_varint(stream_, id);
  put_varint(stream_, entries);
}

void CheckpointWriter::add_entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold, Order order) {
  Gathered& group = groups_[static_cast<std::size_t>(order)];
  if (group.database_id != database_id || group.entries.full()) end_group(group);
  group.database_id = database_id;
  group.entries.add(known_hash, cold);
  ++total_entries_;
}

void CheckpointWriter::end_group(Gathered& group) {
  const std::size_t count = group.entries.size();
  if (count == 0) return;
  std::string packed;
  group.entries.pack(packed, chain_bits_.at(group.database_id));
  stream_.push_back(static_cast<char>(kPackedEntries));
  put_varint(stream_, group.database_id);
  put_varint(stream_, count);
  put_varint(stream_, packed.size());
  stream_ += packed;
}

void CheckpointWriter::end_groups() {
  for (Gathered& group : groups_) end_group(group);
}

void CheckpointWriter::add_segment(const Segment& segment) {
  end_groups();
  stream_.push_back(static_cast<char>(kSegment));
  put_varint(stream_, segment.serial);
  put_varint(stream_, segment.number);
  put_varint(stream_, static_cast<std::uint64_t>(segment.kind));
  put_varint(stream_, segment.used_pages);
  put_varint(stream_, segment.total_records);
  put_varint(stream_, tick_seconds(segment.earliest_expiry));
  put_varint(stream_, segment.page_expiry.size());
  for (const ExpiryTick tick : segment.page_expiry) put_fixed(stream_, tick_seconds(tick));
  put_varint(stream_, segment.holes.size());
  for (const Segment::Hole& hole : segment.holes) {
    put_varint(stream_, hole.first_page);
    put_varint(stream_, hole.page_count);
  }
}

void CheckpointWriter::add_attachment(std::string_view bytes) {
  stream_.push_back(static_cast<char>(kAttachment));
  put_varint(stream_, bytes.size());
  stream_ += bytes;
}

void CheckpointWriter::fill_block(AlignedBuffer& block, std::size_t payload_offset, std::size_t payload_size) const {
  const io::Activity activity("checkpoint");
  std::memset(block.data(), 0, block.size());
  BlockHeader header{0, kBlockMagic, kBlockVersion, serial_, next_block_, static_cast<std::uint32_t>(payload_size)};
  std::memcpy(block.data(), &header, sizeof header);
  std::memcpy(block.data() + sizeof header, stream_.data() + payload_offset, payload_size);
  header.checksum = checksum_of(block);
  std::memcpy(block.data(), &header.checksum, sizeof header.checksum);
}

io::Task<Result<void>> CheckpointWriter::write_block(std::size_t payload_offset, std::size_t payload_size) {
  AlignedBuffer block(kBlockSize);
  fill_block(block, payload_offset, payload_size);
  const std::uint64_t offset = std::uint64_t{next_block_++} * kBlockSize;
  const std::int32_t written = co_await disk_.write(file_, offset, block.span());
  co_return check_full("write", FilePath::checkpoint(serial_), offset, written, kBlockSize);
}

io::Task<Result<void>> CheckpointWriter::write_full_blocks() {
  std::size_t done = 0;
  Result<void> result;
  // The stream may grow at its end during the write of a block.
  for (; stream_.size() - done >= kBlockPayload && result.ok(); done += kBlockPayload) {
    result = co_await write_block(done, kBlockPayload);
  }
  stream_.erase(0, done);
  co_return result;
}

io::Task<Result<void>> CheckpointWriter::finish() {
  end_groups();
  stream_.push_back(static_cast<char>(kEnd));
  put_varint(stream_, total_entries_);
  Result<void> result = co_await write_full_blocks();
  if (result.ok()) result = co_await write_block(0, stream_.size());
  if (!result.ok()) co_return result;
  const FilePath path = FilePath::checkpoint(serial_);
  const std::int32_t synced = co_await disk_.sync(file_);
  result = check_done("sync", path, synced);
  if (!result.ok()) co_return result;
  co_await disk_.close(std::exchange(file_, io::kNoFile));
  const std::int32_t directory = co_await disk_.sync_directory("checkpoints");
  co_return check_done("sync directory", "checkpoints", directory);
}

std::uint64_t CheckpointWriter::written_bytes() const {
  return std::uint64_t{next_block_} * kBlockSize;
}

io::Task<void> CheckpointWriter::discard() {
  if (file_ != io::kNoFile) co_await disk_.close(std::exchange(file_, io::kNoFile));
  const std::string path = FilePath::checkpoint(serial_).text();
  co_await disk_.unlink(path.c_str());
}

namespace {

// Reads blocks and keeps the bytes that were not taken yet.
class ItemReader {
 public:
  ItemReader(io::Disk& disk, std::uint64_t serial, io::FileHandle file)
      : disk_(disk), serial_(serial), file_(file), block_(kBlockSize) {}

  std::string_view bytes() const { return std::string_view(stream_).substr(taken_); }
  void take(std::size_t size) { taken_ += size; }

  io::Task<Result<void>> more() {
    stream_.erase(0, std::exchange(taken_, 0));
    const FilePath path = FilePath::checkpoint(serial_);
    const std::uint64_t offset = std::uint64_t{next_} * kBlockSize;
    const std::int32_t read = co_await disk_.read(file_, offset, block_.span());
    if (read >= 0 && static_cast<std::size_t>(read) < kBlockSize) {
      co_return Error{ErrorCode::kCorrupt, path.text() + ": cut short at offset " + std::to_string(offset + read)};
    }
    Result<void> full = check_full("read", path, offset, read, kBlockSize);
    if (!full.ok()) co_return full;
    BlockHeader header;
    std::memcpy(&header, block_.data(), sizeof header);
    if (header.magic == kBlockMagic && header.version != kBlockVersion) {
      co_return Error{ErrorCode::kUnsupported,
                      path.text() + ": checkpoint of version " + std::to_string(header.version)};
    }
    if (header.magic != kBlockMagic || header.checksum != checksum_of(block_) || header.serial != serial_ ||
        header.number != next_ || header.payload_size > kBlockPayload) {
      co_return Error{ErrorCode::kCorrupt, path.text() + ": damaged block at offset " + std::to_string(offset) +
                                               "; restore the file from a copy"};
    }
    stream_.append(reinterpret_cast<const char*>(block_.data()) + sizeof header, header.payload_size);
    ++next_;
    co_return Result<void>();
  }

 private:
  io::Disk& disk_;
  std::uint64_t serial_;
  io::FileHandle file_;
  AlignedBuffer block_;
  std::uint32_t next_ = 0;
  std::string stream_;
  std::size_t taken_ = 0;
};

// The format of checkpoints before entries were packed.
Result<void> read_entries(ByteReader& reader, CheckpointSink& sink, std::uint64_t& total) {
  const auto database_id = static_cast<std::uint32_t>(reader.varint());
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || reader.remaining() / kPlainEntrySize < count)
    return static_cast<void>(reader.take(~0ull)), Result<void>();
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto low = reader.fixed<std::uint8_t>();
    const auto tag = reader.fixed<std::uint16_t>();
    const IndexEntry entry = IndexEntry::from_bits(reader.fixed<std::uint64_t>());
    Result<void> taken = sink.entry(database_id, entry.known_hash(low, tag), entry);
    if (!taken.ok()) return taken;
  }
  total += count;
  return {};
}

Result<void> read_packed_entries(ByteReader& reader, CheckpointSink& sink, std::uint64_t& total) {
  const auto database_id = static_cast<std::uint32_t>(reader.varint());
  const std::uint64_t count = reader.varint();
  const std::string_view packed = reader.take(reader.varint());
  if (!reader.ok()) return {};
  const std::vector<EntryGroup::Item> items = EntryGroup::unpack(packed, count);
  if (items.size() != count || count == 0)
    return Error{ErrorCode::kCorrupt, "checkpoint: a group of entries makes no sense"};
  for (const EntryGroup::Item& item : items) {
    Result<void> taken = sink.entry(database_id, item.known_hash, item.entry);
    if (!taken.ok()) return taken;
  }
  total += count;
  return {};
}

Result<void> read_segment(ByteReader& reader, CheckpointSink& sink) {
  auto segment = std::make_unique<Segment>();
  segment->serial = reader.varint();
  segment->number = static_cast<std::uint32_t>(reader.varint());
  segment->kind = static_cast<SegmentKind>(reader.varint());
  segment->used_pages = static_cast<std::uint32_t>(reader.varint());
  segment->capacity_pages = segment->used_pages;
  segment->total_records = static_cast<std::uint32_t>(reader.varint());
  segment->earliest_expiry = tick_of_seconds(static_cast<std::uint32_t>(reader.varint()));
  const std::uint64_t pages = reader.varint();
  if (pages > kMaxSegmentPages) return Error{ErrorCode::kCorrupt, "checkpoint: segment's page count out of range"};
  const std::string_view expiries = reader.take(pages * sizeof(std::uint32_t));
  std::uint64_t holes = reader.varint();
  for (; reader.ok() && holes > 0; --holes) {
    const auto first_page = static_cast<std::uint32_t>(reader.varint());
    segment->holes.push_back({first_page, static_cast<std::uint32_t>(reader.varint())});
  }
  if (!reader.ok()) return {};
  segment->page_expiry.reserve(pages);
  ByteReader seconds(expiries);
  for (std::uint64_t page = 0; page < pages; ++page) {
    segment->page_expiry.push_back(tick_of_seconds(seconds.fixed<std::uint32_t>()));
  }
  if (segment->number >= kMaxSegments || segment->used_pages > kMaxSegmentPages)
    return Error{ErrorCode::kCorrupt, "checkpoint: segment number out of range"};
  return sink.segment(std::move(segment));
}

// Reads one item at the front of `bytes`; 0 if it is not complete.
Result<std::size_t> read_item(std::string_view bytes, CheckpointSink& sink, std::uint64_t& total, bool& ended) {
  ByteReader reader(bytes);
  Result<void> result;
  const auto item = reader.fixed<std::uint8_t>();
  if (!reader.ok()) return std::size_t{0};
  if (item == kDatabase) {
    const auto number = static_cast<unsigned>(reader.varint());
    const auto id = static_cast<std::uint32_t>(reader.varint());
    const std::uint64_t entries = reader.varint();
    if (reader.ok()) result = sink.database(number, id, entries);
  } else if (item == kEntries) {
    result = read_entries(reader, sink, total);
  } else if (item == kPackedEntries) {
    result = read_packed_entries(reader, sink, total);
  } else if (item == kSegment) {
    result = read_segment(reader, sink);
  } else if (item == kAttachment) {
    const std::string_view attached = reader.take(reader.varint());
    if (reader.ok()) result = sink.attachment(attached);
  } else if (item == kEnd) {
    const std::uint64_t expected = reader.varint();
    if (reader.ok() && expected != total) {
      return Error{ErrorCode::kCorrupt,
                   "checkpoint: " + std::to_string(total) + " entries, the end says " + std::to_string(expected)};
    }
    ended = reader.ok();
  } else {
    return Error{ErrorCode::kCorrupt, "checkpoint: unknown item " + std::to_string(item)};
  }
  if (!result.ok()) return result.error();
  return reader.ok() ? bytes.size() - reader.remaining() : std::size_t{0};
}

io::Task<Result<void>> read_items(io::Disk& disk, std::uint64_t serial, io::FileHandle file, CheckpointSink& sink) {
  ItemReader reader(disk, serial, file);
  std::uint64_t total = 0;
  bool ended = false;
  while (!ended) {
    Result<std::size_t> size = read_item(reader.bytes(), sink, total, ended);
    if (!size.ok()) co_return size.error();
    if (*size > 0) {
      reader.take(*size);
      continue;
    }
    Result<void> more = co_await reader.more();
    if (!more.ok()) co_return more;
  }
  co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> read_checkpoint(io::Disk& disk, std::uint64_t serial, CheckpointSink& sink) {
  const std::string path = FilePath::checkpoint(serial).text();
  const std::int32_t file = co_await disk.open(path.c_str(), io::OpenMode::kWrite);
  if (file < 0) co_return disk_error("open", path, file);
  const std::int32_t synced = co_await disk.sync(file);
  Result<void> result = check_done("sync", path, synced);
  if (result.ok()) result = co_await read_items(disk, serial, file, sink);
  co_await disk.close(file);
  co_return result;
}

}  // namespace terrace::storage
