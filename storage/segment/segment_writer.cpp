#include "storage/segment/segment_writer.h"

#include <algorithm>

#include "io/activity.h"
#include "storage/base/disk_error.h"
#include "storage/base/disk_rule.h"
#include "storage/segment/block.h"

namespace terrace::storage {

io::Task<Result<std::vector<Location>>> SegmentWriter::write(ImageBatch& batch) {
  show_to_trainer(batch);
  const PackOptions options{.dictionary = segments_.dictionaries().current(),
                            .thorough = kind_ == SegmentKind::kCompacted};
  co_await environment_.workers.run([&batch, &options] {
    std::stable_sort(batch.items.begin(), batch.items.end(), [](const ImageBatch::Item& a, const ImageBatch::Item& b) {
      return a.due_ms != b.due_ms && a.due_ms != kNoExpiry && (b.due_ms == kNoExpiry || a.due_ms < b.due_ms);
    });
    std::vector<std::string_view> images;
    images.reserve(batch.items.size());
    for (const ImageBatch::Item& item : batch.items) images.push_back(batch.image(item));
    batch.pages = pack_pages(images, options, std::move(batch.pages));
  });
  batch.update_charge();
  std::vector<Location> locations(batch.items.size());
  Result<void> placed = co_await place(batch, locations);
  if (!placed.ok()) {
    finish(locations);
    co_return placed.error();
  }
  raw_bytes_ += batch.bytes.size();
  co_return locations;
}

io::Task<Result<Location>> SegmentWriter::write_streamed(ObjectSerializer& image, std::int64_t due_ms) {
  const std::uint64_t bound = image.size_bound() + blocks_for(image.size_bound()) * kBlockHeaderSize;
  Result<Segment*> made = co_await segments_.create(kind_, 1 + pages_for(bound));
  if (!made.ok()) co_return made.error();
  Segment& segment = **made;
  const SegmentTable::Pin pin(&segment);
  ++segment.writes_in_flight;
  LargeRunPacker packer;
  Result<void> written = co_await write_pieces(image, segment, packer);
  if (written.ok() && !image.given_up()) {
    segment.used_pages += packer.page_count();
    segment.add_record(1, due_ms);
    segments_.seal(segment);
    // What is left over is harmless; it takes disk space until the next start.
    [[maybe_unused]] const std::int32_t cut = co_await environment_.disk.truncate(segment.file, segment.used_bytes());
    co_return Location(segment.number, 1, large_slot(packer.page_count()));
  }
  segments_.seal(segment);
  if (--segment.writes_in_flight == 0) segments_.write_ended(segment);
  if (!written.ok()) co_return written.error();
  co_return Location{};
}

// Until it is given up or completely written.
io::Task<Result<void>> SegmentWriter::write_pieces(ObjectSerializer& image, Segment& segment, LargeRunPacker& packer) {
  std::string piece;
  for (bool last = false; !last;) {
    co_await image.make(kStreamedPieceSize, environment_.clock);
    if (image.given_up()) co_return Result<void>();
    last = image.complete() && image.made_bytes() <= kStreamedPieceSize;
    piece = image.take(kStreamedPieceSize);
    raw_bytes_ += piece.size();
    co_await environment_.workers.run([&] {
      packer.add(piece);
      if (last) packer.finish();
    });
    if (!packer.full_pages().empty()) {
      Result<void> written = co_await write_pages(segment, 1 + packer.full_pages_at(), packer.full_pages());
      if (!written.ok()) co_return written;
    }
    packer.written();
  }
  const std::span<std::byte> first_page = packer.first_page();
  stamp_pages(first_page, segment.serial, 1);
  co_return co_await write_pages(segment, 1, first_page);
}

io::Task<Result<void>> SegmentWriter::write_pages(Segment& segment, std::uint32_t page,
                                                  std::span<const std::byte> pages) {
  for (std::uint64_t offset = std::uint64_t{page} * kPageSize; !pages.empty();) {
    const std::size_t size = std::min<std::size_t>(pages.size(), kWrittenPieceSize);
    const std::int32_t written = co_await environment_.disk.write(segment.file, offset, pages.first(size));
    segment.needs_sync = true;
    Result<void> full = check_full("write", FilePath::segment(segment.serial), offset, written, size);
    if (!full.ok()) co_return full;
    written_bytes_ += size;
    offset += size;
    pages = pages.subspan(size);
  }
  co_return Result<void>();
}

void SegmentWriter::show_to_trainer(const ImageBatch& batch) {
  if (!trainer_) return;
  const io::Activity activity("spill");
  for (const ImageBatch::Item& item : batch.items) trainer_->see(batch.image(item));
  trainer_->learn_when_due();
}

io::Task<Result<void>> SegmentWriter::place(ImageBatch& batch, std::vector<Location>& locations) {
  PackedPages& pages = batch.pages;
  const std::vector<unsigned> classes = life_classes(batch);
  std::size_t next = 0;
  for (std::size_t run = 0; run < pages.runs.size();) {
    std::size_t run_count = 0;
    std::uint64_t serial = 0;
    std::size_t end = run + 1;
    while (end < classes.size() && classes[end] == classes[run]) ++end;
    const auto runs = std::span<const PackedRun>(pages.runs).subspan(run, end - run);
    OpenSegment& into = open_[classes[run]];
    Result<Extent> extent = co_await write_run_group(pages, runs, into, run_count, serial);
    if (!extent.ok() && serial != 0 && disk_rule(DiskUse::kSegmentWrite, extent.error().code) == DiskRule::kElsewhere) {
      abandon(into, serial);
      extent = co_await write_run_group(pages, runs, into, run_count, serial);
    }
    if (!extent.ok()) co_return extent.error();
    const io::Activity activity("spill");
    const std::uint32_t batch_page = pages.runs[run].first_page;
    const PackedRun& last = pages.runs[run + run_count - 1];
    for (; next < pages.places.size() && pages.places[next].page < last.first_page + last.page_count; ++next) {
      const PackedPlace& place = pages.places[next];
      const std::uint32_t page = extent->first_page + place.page - batch_page;
      locations[place.image] = Location(extent->segment->number, page, place.slot);
      // Each location counts as a write in flight until finish(), so that its segment is not retired before add_live.
      ++extent->segment->writes_in_flight;
      extent->segment->add_record(page, batch.items[place.image].due_ms);
    }
    --extent->segment->writes_in_flight;
    run += run_count;
  }
  co_return Result<void>();
}

unsigned SegmentWriter::life_class(std::int64_t due_ms, std::int64_t now_ms) {
  unsigned of_life = 0;
  for (std::int64_t life_ms = kShortestLifeMs; of_life < kLifeClasses - 1; life_ms *= kLifeFactor, ++of_life) {
    if (due_ms != kNoExpiry && due_ms - now_ms < life_ms) break;
  }
  return of_life;
}

std::vector<unsigned> SegmentWriter::life_classes(const ImageBatch& batch) const {
  const std::int64_t now_ms = environment_.clock.wall_ms();
  const PackedPages& pages = batch.pages;
  std::vector<unsigned> classes(pages.runs.size(), 0);
  std::size_t run = 0;
  for (const PackedPlace& place : pages.places) {
    while (place.page >= pages.runs[run].first_page + pages.runs[run].page_count) ++run;
    classes[run] = std::max(classes[run], life_class(batch.items[place.image].due_ms, now_ms));
  }
  return classes;
}

io::Task<Result<SegmentWriter::Extent>> SegmentWriter::write_run_group(PackedPages& pages,
                                                                       std::span<const PackedRun> runs,
                                                                       OpenSegment& into, std::size_t& run_count,
                                                                       std::uint64_t& serial) {
  const std::uint32_t batch_page = runs.front().first_page;
  Result<void> room = co_await make_room(into, runs.front().page_count);
  if (!room.ok()) co_return room.error();
  Extent extent{find(into), find(into)->used_pages};
  serial = extent.segment->serial;
  const std::uint32_t page_count = stamp_group(pages, runs, extent, run_count);
  extent.segment->used_pages += page_count;
  ++extent.segment->writes_in_flight;
  const SegmentTable::Pin pin(extent.segment);
  rolling_.release();
  const std::span<const std::byte> group =
      pages.bytes.span().subspan(std::size_t{batch_page} * kPageSize, std::size_t{page_count} * kPageSize);
  Result<void> full = co_await write_pages(*extent.segment, extent.first_page, group);
  if (!full.ok()) {
    extent.segment->holes.push_back({extent.first_page, page_count});
    if (--extent.segment->writes_in_flight == 0) segments_.write_ended(*extent.segment);
    co_return full.error();
  }
  co_return extent;
}

// Gives the runs that fit the extent's segment their final headers. Sets their number; returns that of their pages.
std::uint32_t SegmentWriter::stamp_group(PackedPages& pages, std::span<const PackedRun> runs, const Extent& extent,
                                         std::size_t& run_count) {
  const io::Activity activity("spill");
  std::uint32_t page_count = 0;
  run_count = 0;
  for (const PackedRun& run : runs) {
    if (extent.first_page + page_count + run.page_count > extent.segment->capacity_pages) break;
    // A location's page number has kPageBits: a run may end beyond that, but must not begin there.
    if (extent.first_page + page_count >= (1u << kPageBits)) break;
    stamp_pages(pages.bytes.span().subspan(std::size_t{run.first_page} * kPageSize), extent.segment->serial,
                extent.first_page + page_count);
    page_count += run.page_count;
    ++run_count;
  }
  return page_count;
}

// Returns with `rolling_` held and an open segment with room for `pages` more pages, or with an error and without it.
io::Task<Result<void>> SegmentWriter::make_room(OpenSegment& into, std::uint32_t pages) {
  co_await rolling_.acquire();
  if (Segment* segment = find(into)) {
    if (segment->used_pages + pages <= segment->capacity_pages && segment->used_pages < (1u << kPageBits)) {
      co_return Result<void>();
    }
    segments_.seal(*segment);
  }
  into.serial = 0;
  const std::uint32_t capacity = std::max(segments_.next_capacity_pages(), pages + 1);
  Result<Segment*> made = co_await segments_.create(kind_, capacity);
  // On a full disk a small segment is enough: compaction and checkpoints free space, and need some for that.
  const std::uint32_t least = std::max(static_cast<std::uint32_t>(kLeastSegmentSize / kPageSize), pages + 1);
  if (!made.ok() && made.error().code == ErrorCode::kNoSpace && capacity > least && may_take_the_last()) {
    made = co_await segments_.create(kind_, least);
  }
  if (!made.ok()) {
    rolling_.release();
    co_return made.error();
  }
  into = {(*made)->number, (*made)->serial};
  co_return Result<void>();
}

// What compaction has emptied becomes free only after a checkpoint, so compaction must not take the space that a
// checkpoint needs.
bool SegmentWriter::may_take_the_last() const {
  if (kind_ != SegmentKind::kCompacted) return true;
  const Result<io::Disk::Space> space = environment_.disk.space();
  return space.ok() && space->free_bytes >= kCheckpointReserve;
}

// Uses a segment no more after a write to it failed: the data is written elsewhere.
void SegmentWriter::abandon(OpenSegment& into, std::uint64_t serial) {
  if (serial != into.serial) return;
  if (Segment* segment = find(into)) segments_.seal(*segment);
  into.serial = 0;
}

void SegmentWriter::finish(const std::vector<Location>& locations) {
  for (const Location location : locations) {
    if (!location) continue;
    Segment* segment = segments_.find(location.segment());
    TERRACE_CHECK(segment && segment->writes_in_flight > 0);
    if (--segment->writes_in_flight == 0) segments_.write_ended(*segment);
  }
}

}  // namespace terrace::storage
