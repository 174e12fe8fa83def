#include "storage/segment/segment_table.h"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "storage/base/aligned_buffer.h"
#include "storage/base/disk_error.h"
#include "storage/base/disk_rule.h"
#include "storage/base/mutant.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kSegmentMagic = 0x47535254;  // "TRSG"
constexpr std::uint32_t kSegmentVersion = 1;

struct SegmentHeader {
  std::uint64_t checksum;  // XXH3 of the rest of the header
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t store_id;
  std::uint64_t serial;
  std::uint32_t number;
  std::uint32_t page_size;
  std::uint32_t kind;
  std::uint32_t reserved;
};
static_assert(sizeof(SegmentHeader) == 48);

std::uint64_t header_checksum(const SegmentHeader& header) {
  return XXH3_64bits(reinterpret_cast<const char*>(&header) + sizeof header.checksum,
                     sizeof header - sizeof header.checksum);
}

}  // namespace

io::Task<Result<Segment*>> SegmentTable::create(SegmentKind kind, std::uint32_t pages) {
  while (find(static_cast<std::uint32_t>(next_serial_ % kMaxSegments))) ++next_serial_;
  auto segment = std::make_unique<Segment>();
  segment->dictionaries = &dictionaries_;
  segment->files = &files_;
  segment->serial = next_serial_++;
  segment->number = static_cast<std::uint32_t>(segment->serial % kMaxSegments);
  segment->kind = kind;
  segment->capacity_pages = pages;
  segment->used_pages = 1;
  Segment* made = segment.get();
  // Enters the table before the first suspension, so that the number is taken.
  if (segments_.size() <= made->number) segments_.resize(made->number + 1);
  segments_[made->number] = std::move(segment);
  ++count_;
  Result<void> result = co_await make_file(*made);
  if (!result.ok()) {
    if (made->file != io::kNoFile) co_await disk_.close(made->file);
    const std::string path = FilePath::segment(made->serial).text();
    co_await disk_.unlink(path.c_str());
    segments_[made->number].reset();
    --count_;
    co_return result.error();
  }
  co_return made;
}

io::Task<Result<void>> SegmentTable::make_file(Segment& segment) {
  const std::string path = FilePath::segment(segment.serial).text();
  const std::int32_t file = co_await files_.open_path(path.c_str(), io::OpenMode::kCreate);
  if (file < 0) co_return disk_error("create", path, file);
  segment.file = file;
  const std::int32_t allocated = co_await disk_.allocate(file, std::uint64_t{segment.capacity_pages} * kPageSize);
  if (allocated < 0) co_return disk_error("allocate", path, allocated);
  SegmentHeader header{0,
                       kSegmentMagic,
                       kSegmentVersion,
                       store_id_,
                       segment.serial,
                       segment.number,
                       kPageSize,
                       static_cast<std::uint32_t>(segment.kind),
                       0};
  header.checksum = header_checksum(header);
  AlignedBuffer page(kPageSize);
  std::memset(page.data(), 0, page.size());
  std::memcpy(page.data(), &header, sizeof header);
  const std::int32_t written = co_await disk_.write(file, 0, page.span());
  Result<void> full = check_full("write", path, 0, written, kPageSize);
  // Not after a failure: the file is closed then, and a checkpoint would sync whichever file has the descriptor by
  // then.
  segment.needs_sync = full.ok();
  co_return full;
}

io::Task<Result<void>> SegmentTable::check_header(const Segment& segment) {
  const FilePath path = FilePath::segment(segment.serial);
  AlignedBuffer page(kPageSize);
  const std::int32_t read = co_await disk_.read(segment.file, 0, page.span());
  Result<void> full = check_full("read", path, 0, read, kPageSize);
  if (!full.ok()) co_return full;
  SegmentHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  if (header.magic != kSegmentMagic || header.checksum != header_checksum(header)) {
    co_return Error{ErrorCode::kCorrupt, path.text() + ": the segment's header is damaged (offset 0)"};
  }
  if (header.version != kSegmentVersion || header.page_size != kPageSize) {
    co_return Error{ErrorCode::kUnsupported, path.text() + ": segment of version " + std::to_string(header.version) +
                                                 " with pages of " + std::to_string(header.page_size) + " bytes"};
  }
  if (header.store_id != store_id_ || header.serial != segment.serial || header.number != segment.number) {
    co_return Error{ErrorCode::kCorrupt, path.text() + ": the segment belongs to another store or place"};
  }
  co_return Result<void>();
}

io::Task<Result<void>> SegmentTable::adopt(std::unique_ptr<Segment> segment) {
  segment->dictionaries = &dictionaries_;
  segment->files = &files_;
  const std::string path = FilePath::segment(segment->serial).text();
  const std::int32_t file = co_await files_.open_path(path.c_str(), io::OpenMode::kWrite);
  if (file < 0) co_return disk_error("open", path, file);
  segment->file = file;
  segment->state = Segment::State::kSealed;
  Segment& adopted = *segment;
  if (segments_.size() <= adopted.number) segments_.resize(adopted.number + 1);
  if (segments_[adopted.number]) {
    co_await disk_.close(file);
    co_return Error{ErrorCode::kCorrupt, "checkpoint: two segments with number " + std::to_string(adopted.number)};
  }
  segments_[adopted.number] = std::move(segment);
  ++count_;
  const Pin pin(&adopted);
  files_.add(adopted);
  const std::int32_t synced = co_await disk_.sync(file);
  if (synced < 0) co_return disk_error("sync", path, synced);
  Result<std::uint64_t> size = disk_.file_size(path);
  if (!size.ok()) co_return size.error();
  if (*size < adopted.used_bytes()) {
    co_return Error{ErrorCode::kCorrupt, path + ": " + std::to_string(*size) + " bytes long, the checkpoint knows " +
                                             std::to_string(adopted.used_bytes())};
  }
  // Space allocated ahead, or written after the checkpoint: harmless, but it takes disk space.
  if (*size > adopted.used_bytes()) {
    [[maybe_unused]] const std::int32_t truncated = co_await disk_.truncate(file, adopted.used_bytes());
  }
  co_return co_await check_header(adopted);
}

io::Task<Result<void>> SegmentTable::remove_unknown_files() {
  Result<std::vector<std::string>> names = disk_.list("segments");
  if (!names.ok()) co_return names.error();
  std::vector<std::string> known;
  for_each([&known](const Segment& segment) { known.push_back(FilePath::segment(segment.serial).text()); });
  std::sort(known.begin(), known.end());
  for (const std::string& name : *names) {
    const std::string path = "segments/" + name;
    if (!name.ends_with(".seg") || std::binary_search(known.begin(), known.end(), path)) continue;
    const std::int32_t result = co_await disk_.unlink(path.c_str());
    if (result < 0) co_return disk_error("unlink", path, result);
  }
  co_return Result<void>();
}

io::Task<void> SegmentTable::close_all() {
  co_await files_.wait_idle();
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (!segments_[i]) continue;
    TERRACE_CHECK(!segments_[i]->kept() && segments_[i]->writes_in_flight == 0);
    co_await files_.close(*segments_[i]);
  }
  segments_.clear();
  count_ = 0;
}

void SegmentTable::add_live(Location location) {
  Segment* segment = find(location.segment());
  TERRACE_CHECK(segment && segment->state != Segment::State::kRetired);
  ++segment->live_records;
}

void SegmentTable::drop_live(Location location) {
  Segment* segment = find(location.segment());
  if (!segment) return;
  TERRACE_CHECK(segment->live_records > 0);
  --segment->live_records;
  retire_if_dead(*segment);
}

void SegmentTable::add_overwritten(Location location) {
  Segment* segment = find(location.segment());
  TERRACE_CHECK(segment && segment->overwritten_records < segment->live_records);
  ++segment->overwritten_records;
}

void SegmentTable::drop_overwritten(Location location) {
  Segment* segment = find(location.segment());
  TERRACE_CHECK(segment && segment->overwritten_records > 0);
  --segment->overwritten_records;
}

void SegmentTable::seal(Segment& segment) {
  if (segment.state != Segment::State::kOpen) return;
  segment.state = Segment::State::kSealed;
  files_.add(segment);
  retire_if_dead(segment);
}

void SegmentTable::retire_if_dead(Segment& segment) {
  // Writes in flight may make records live; the writer calls write_ended().
  if (segment.state != Segment::State::kSealed || segment.live_records > 0 || segment.writes_in_flight > 0) return;
  segment.state = Segment::State::kRetired;
  segment.retired_at_cut = cuts_begun_;
}

io::Task<Result<void>> SegmentTable::remove_retired(std::uint64_t number) {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    Segment* segment = segments_[i].get();
    if (!segment || segment->state != Segment::State::kRetired || segment->kept()) continue;
    if (segment->retired_at_cut >= number && !mutant(Mutant::kUnlinkEarly)) continue;
    const std::unique_ptr<Segment> removed = std::move(segments_[i]);
    --count_;
    const std::string path = FilePath::segment(removed->serial).text();
    co_await files_.close(*removed);
    const std::int32_t result = co_await disk_.unlink(path.c_str());
    if (result < 0) co_return disk_error("unlink", path, result);
  }
  co_return Result<void>();
}

void SegmentTable::retire_dead() {
  for_each([this](Segment& segment) { retire_if_dead(segment); });
}

std::uint64_t SegmentTable::retired_bytes() const {
  std::uint64_t bytes = 0;
  for_each([&bytes](const Segment& segment) {
    if (segment.state == Segment::State::kRetired) bytes += segment.used_bytes();
  });
  return bytes;
}

std::uint64_t SegmentTable::unused_bytes() const {
  std::uint64_t bytes = 0;
  for_each([&bytes](const Segment& segment) {
    if (segment.state != Segment::State::kOpen) return;
    bytes += std::uint64_t{segment.capacity_pages - segment.used_pages} * kPageSize;
  });
  return bytes;
}

std::uint64_t SegmentTable::bytes() const {
  std::uint64_t bytes = 0;
  for_each([&bytes](const Segment& segment) {
    bytes += segment.state == Segment::State::kOpen ? std::uint64_t{segment.capacity_pages} * kPageSize
                                                    : segment.used_bytes();
  });
  return bytes;
}

std::uint32_t SegmentTable::next_capacity_pages() const {
  const std::uint64_t following = std::clamp(bytes() / kSegmentShare, kSmallSegmentSize, kSegmentSize);
  const std::uint64_t size = segment_size_ > 0 ? std::min(segment_size_, kSegmentSize) : following;
  return std::max(2u, static_cast<std::uint32_t>(size / kPageSize));
}

io::Task<Result<void>> SegmentTable::sync_all(std::uint64_t number) {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    Segment* segment = segments_[i].get();
    if (!segment || (segment->state == Segment::State::kRetired && segment->retired_at_cut < number)) continue;
    if (segment->suspect) {
      co_return Error{ErrorCode::kIo, FilePath::segment(segment->serial).text() +
                                          ": an earlier sync failed, so no checkpoint may refer to it until its "
                                          "records have moved; the log has them: a restart replays it"};
    }
    if (!segment->needs_sync) continue;
    const Pin pin(segment);
    segment->needs_sync = false;  // a write that completes during the sync sets it again
    if (mutant(Mutant::kSkipSync)) continue;
    const std::int32_t result = co_await disk_.sync(segment->file);
    if (result < 0) {
      const Error error = disk_error("sync", FilePath::segment(segment->serial), result);
      segment->suspect = disk_rule(DiskUse::kSegmentSync, error.code) == DiskRule::kDistrust;
      seal(*segment);
      co_return error;
    }
  }
  const std::int32_t result = co_await disk_.sync_directory("segments");
  co_return check_done("sync directory", "segments", result);
}

}  // namespace terrace::storage
