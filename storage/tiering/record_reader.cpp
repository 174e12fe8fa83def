#include "storage/tiering/record_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "io/task_group.h"
#include "storage/base/disk_error.h"
#include "storage/base/disk_rule.h"
#include "storage/record/image.h"
#include "storage/record/record_loader.h"
#include "storage/segment/block.h"

namespace terrace::storage {

namespace {

// For the head of a large record: the most that its first block takes.
constexpr std::uint32_t kHeadPages = static_cast<std::uint32_t>((kPageHeaderSize + kMaxBlockSize) / kPageSize + 1);

Error no_such_slot(Location location) {
  return {ErrorCode::kCorrupt, "segment " + std::to_string(location.segment()) + " page " +
                                   std::to_string(location.page()) + ": no slot " + std::to_string(location.slot())};
}

}  // namespace

io::Task<Result<PageView>> read_first_pages(io::Disk& disk, Segment& segment, std::uint32_t page,
                                            std::uint32_t read_ahead_pages, AlignedBuffer& run,
                                            std::uint64_t* read_bytes) {
  const FilePath path = FilePath::segment(segment.serial);
  const std::uint64_t offset = std::uint64_t{page} * kPageSize;
  if (page == 0 || page >= segment.used_pages) {
    co_return Error{ErrorCode::kCorrupt,
                    path.text() + ": page " + std::to_string(page) + " of " + std::to_string(segment.used_pages)};
  }
  const std::uint32_t ahead = std::min(read_ahead_pages, segment.used_pages - page);
  run.resize(std::size_t{ahead} * kPageSize);
  segment.touched = true;
  if (segment.file == io::kNoFile) {
    Result<void> opened = co_await segment.files->open(segment);
    if (!opened.ok()) co_return opened.error();
  }
  const std::int32_t read = co_await disk.read(segment.file, offset, run.span());
  if (read_bytes) *read_bytes += run.size();
  Result<void> full = check_full("read", path, offset, read, run.size());
  if (!full.ok()) co_return full.error();
  const Result<PageView> view = check_page(run.span(), segment.serial, page);
  if (!view.ok()) co_return at_page(view.error(), segment, page);
  if (view->page_count > segment.used_pages - page) {
    co_return at_page({ErrorCode::kCorrupt, "large record reaches past the segment"}, segment, page);
  }
  co_return view;
}

Result<LoadedPage> unpack_run(std::span<const std::byte> run, const PageView& view, const Dictionaries& dictionaries) {
  Result<UnpackedPage> unpacked = unpack_page(run, view, dictionaries.find(view.dictionary));
  if (!unpacked.ok()) return unpacked.error();
  std::unique_ptr<char[]> raw = std::move(unpacked->own);
  const std::size_t size = unpacked->bytes.size();
  if (!raw) {
    raw = std::make_unique_for_overwrite<char[]>(size);
    std::memcpy(raw.get(), unpacked->bytes.data(), size);
  }
  LoadedPage loaded;
  const std::string_view bytes(raw.get(), size);
  loaded.raw = std::move(raw);
  if (view.large) {
    loaded.images.push_back(bytes);
    return loaded;
  }
  loaded.images.reserve(view.record_count);
  Result<void> split = split_images(
      bytes, view.record_count, [&loaded](std::uint32_t, std::string_view image) { loaded.images.push_back(image); });
  if (!split.ok()) return split.error();
  return loaded;
}

io::Task<Result<LoadedPage>> load_page(io::Disk& disk, Segment& segment, std::uint32_t page,
                                       std::uint32_t read_ahead_pages, std::uint64_t* read_bytes) {
  AlignedBuffer run;
  const Result<PageView> view = co_await read_first_pages(disk, segment, page, read_ahead_pages, run, read_bytes);
  if (!view.ok()) co_return view.error();
  if (std::size_t{view->page_count} * kPageSize <= run.size()) {
    Result<LoadedPage> loaded = unpack_run(run.span(), *view, *segment.dictionaries);
    if (!loaded.ok()) co_return at_page(loaded.error(), segment, page);
    co_return loaded;
  }
  LargeRunReader reader(disk, segment, page, *view, std::move(run));
  auto raw = std::make_unique_for_overwrite<char[]>(view->raw_size);
  for (std::size_t filled = 0;;) {
    const Result<std::string_view> block = co_await reader.next();
    if (!block.ok()) co_return block.error();
    if (block->empty()) break;
    std::memcpy(raw.get() + filled, block->data(), block->size());
    filled += block->size();
  }
  if (read_bytes) *read_bytes += reader.read_bytes();
  LoadedPage loaded;
  loaded.images.emplace_back(raw.get(), view->raw_size);
  loaded.raw = std::move(raw);
  co_return loaded;
}

io::Task<Result<std::string>> read_head(LargeRunReader& reader) {
  std::string head;
  do {
    const Result<std::string_view> block = co_await reader.next();
    if (!block.ok()) co_return block.error();
    // Everything is read: if it is malformed, parsing it returns the error.
    if (block->empty()) break;
    head += *block;
  } while (!parse_image(head).ok());
  co_return head;
}

io::Task<Result<LoadedPage>> load_heads(io::Disk& disk, Segment& segment, std::uint32_t page,
                                        std::uint64_t* read_bytes) {
  AlignedBuffer run;
  Result<PageView> view = co_await read_first_pages(disk, segment, page, 1, run, read_bytes);
  if (view.ok() && view->page_count > 1) {
    view = co_await read_first_pages(disk, segment, page, std::min(view->page_count, kHeadPages), run, read_bytes);
  }
  if (!view.ok()) co_return view.error();
  if (std::size_t{view->page_count} * kPageSize <= run.size()) {
    Result<LoadedPage> loaded = unpack_run(run.span(), *view, *segment.dictionaries);
    if (!loaded.ok()) co_return at_page(loaded.error(), segment, page);
    co_return loaded;
  }
  LargeRunReader reader(disk, segment, page, *view, std::move(run));
  const Result<std::string> head = co_await read_head(reader);
  if (!head.ok()) co_return head.error();
  if (read_bytes) *read_bytes += reader.read_bytes();
  LoadedPage loaded;
  auto raw = std::make_unique_for_overwrite<char[]>(head->size());
  std::memcpy(raw.get(), head->data(), head->size());
  loaded.images.emplace_back(raw.get(), head->size());
  loaded.raw = std::move(raw);
  co_return loaded;
}

// One page is the common case: then this is that page's task.
io::Task<Result<void>> RecordReader::fetch(std::span<const Location> locations, FetchedRecords& fetched_records,
                                           Extent extent) {
  return locations.size() == 1 ? fetch_page(locations, fetched_records, extent)
                               : fetch_pages(locations, fetched_records, extent);
}

io::Task<Result<void>> RecordReader::fetch_pages(std::span<const Location> locations, FetchedRecords& fetched_records,
                                                 Extent extent) {
  std::vector<Location> sorted(locations.begin(), locations.end());
  std::sort(sorted.begin(), sorted.end(), [](Location a, Location b) { return a.bits() < b.bits(); });
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  io::TaskGroup pages(kMaxReadsPerFetch);
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end].page_bits() == sorted[begin].page_bits()) ++end;
    co_await pages.place();
    pages.start(fetch_page(std::span<const Location>(sorted).subspan(begin, end - begin), fetched_records, extent));
    begin = end;
  }
  co_return co_await pages.wait();
}

// Joins the read of the page that is in flight, or starts one, which later fetches may join until it is done.
io::Task<Result<void>> RecordReader::fetch_page(std::span<const Location> of_one_page, FetchedRecords& fetched_records,
                                                Extent extent) {
  const Location first = of_one_page.front();
  Segment* segment = segments_.find(first.segment());
  if (!segment) co_return Result<void>();  // it has moved since: the caller asks the index again
  Wanted wanted{of_one_page, fetched_records, extent, {}, false, nullptr};
  if (const auto it = reads_.find(first.page_bits()); it != reads_.end()) {
    PageRead& shared = *it->second;
    ++statistics_.shared_page_reads;
    wanted.next = std::exchange(shared.wanted, &wanted);
    while (!wanted.settled) co_await shared.finished.wait();
    co_return wanted.result;
  }
  PageRead read;
  read.wanted = &wanted;
  reads_.emplace(first.page_bits(), &read);
  const SegmentTable::Pin pin(segment);
  co_await in_flight_.acquire();
  ++statistics_.page_reads;
  const std::int64_t begin_us = environment_.clock.monotonic_us();
  AlignedBuffer run = take_buffer();
  const std::uint32_t ahead = extent == Extent::kHeads ? std::min(first.read_pages(), kHeadPages) : first.read_pages();
  const LedgerCharge reading(ledger_, Account::kFetchedRecords, std::uint64_t{ahead} * kPageSize);
  const Result<PageView> view =
      co_await read_first_pages(environment_.disk, *segment, first.page(), ahead, run, &statistics_.page_read_bytes);
  statistics_.page_read_us += static_cast<std::uint64_t>(environment_.clock.monotonic_us() - begin_us);
  if (view.ok() && std::size_t{view->page_count} * kPageSize > run.size()) {
    Result<void> loaded = co_await load_large(*segment, first, *view, std::move(run), read);
    settle(*segment, loaded, read);
  } else {
    Result<void> admitted = view.ok() ? admit(run.span(), *view, *segment, first.page(), read) : view.error();
    settle(*segment, admitted, read);
    give_back(std::move(run));
  }
  reads_.erase(first.page_bits());
  in_flight_.release();
  read.finished.notify();
  co_return wanted.result;
}

// Resumes everything that waits for the page, with the records or the error.
void RecordReader::settle(Segment& segment, const Result<void>& result, PageRead& read) {
  if (!result.ok()) {
    if (distrusts_segment(result.error())) {
      segment.damaged = true;
      ++statistics_.bad_pages;
    }
    report_(result.error());
  }
  for (Wanted* wanted = read.wanted; wanted; wanted = wanted->next) {
    if (!result.ok()) wanted->result = result;
    wanted->settled = true;
  }
}

io::Task<Result<void>> RecordReader::load_large(const Segment& segment, Location location, const PageView& view,
                                                AlignedBuffer run, PageRead& read) {
  LargeRunReader reader(environment_.disk, segment, location.page(), view, std::move(run));
  Wanted& wanted = *read.wanted;
  if (wanted.extent == Extent::kValues && !wanted.fetched_records.admit(view.raw_size)) co_return Result<void>();
  io::Task<Result<RecordPointer>> loading =
      wanted.extent == Extent::kHeads ? load_head(reader) : load_whole(reader, view.raw_size);
  Result<RecordPointer> record = co_await std::move(loading);
  statistics_.page_read_bytes += reader.read_bytes();
  if (!record.ok()) co_return record.error();
  (*record)->mark_transient();
  wanted.fetched_records.add(location, std::move(*record));
  co_return Result<void>();
}

io::Task<Result<RecordPointer>> RecordReader::load_whole(LargeRunReader& reader, std::uint64_t raw_size) {
  const LedgerCharge loading(ledger_, Account::kFetchedRecords, raw_size);
  RecordLoader loader(decoder_, raw_size);
  io::Slice slice(environment_.clock);
  while (true) {
    const Result<std::string_view> block = co_await reader.next();
    if (!block.ok()) co_return block.error();
    if (block->empty()) break;
    Result<void> added = co_await loader.add(*block, slice);
    if (!added.ok()) co_return reader.at_run(added.error());
  }
  Result<RecordPointer> record = loader.finish();
  if (!record.ok()) co_return reader.at_run(record.error());
  co_return record;
}

io::Task<Result<RecordPointer>> RecordReader::load_head(LargeRunReader& reader) {
  const Result<std::string> head = co_await read_head(reader);
  if (!head.ok()) co_return head.error();
  const Result<ImageView> image = parse_image(*head);
  if (!image.ok()) co_return reader.at_run(image.error());
  co_return decode_head(*image);
}

Result<void> RecordReader::admit(std::span<const std::byte> run, const PageView& view, const Segment& segment,
                                 std::uint32_t page, PageRead& read) {
  const Result<UnpackedPage> unpacked = unpack_page(run, view, segment.dictionaries->find(view.dictionary));
  if (!unpacked.ok()) return at_page(unpacked.error(), segment, page);
  if (view.large) {
    for (Wanted* wanted = read.wanted; wanted; wanted = wanted->next) admit_image(unpacked->bytes, 0, *wanted);
    return {};
  }
  for (Wanted* wanted = read.wanted; wanted; wanted = wanted->next) {
    for (const Location location : wanted->locations) {
      if (location.slot() >= view.record_count) wanted->result = no_such_slot(location);
    }
  }
  const Result<void> split =
      split_images(unpacked->bytes, view.record_count, [&](std::uint32_t slot, std::string_view image) {
        for (Wanted* wanted = read.wanted; wanted; wanted = wanted->next) admit_image(image, slot, *wanted);
      });
  return split.ok() ? split : at_page(split.error(), segment, page);
}

void RecordReader::admit_image(std::string_view bytes, std::uint32_t slot, Wanted& wanted) {
  for (const Location location : wanted.locations) {
    if (!location.is_large() && location.slot() != slot) continue;
    const Result<ImageView> image = parse_image(bytes);
    Result<RecordPointer> record = !image.ok()                       ? image.error()
                                   : wanted.extent == Extent::kHeads ? decode_head(*image)
                                                                     : decode_image(*image, decoder_);
    if (!record.ok()) {
      wanted.result = record.error();
      return;
    }
    (*record)->mark_transient();
    wanted.fetched_records.add(location, std::move(*record));
  }
}

AlignedBuffer RecordReader::take_buffer() {
  if (idle_buffers_.empty()) return {};
  AlignedBuffer buffer = std::move(idle_buffers_.back());
  idle_buffers_.pop_back();
  return buffer;
}

void RecordReader::give_back(AlignedBuffer buffer) {
  if (buffer.capacity() == AlignedBuffer::kAlignment) idle_buffers_.push_back(std::move(buffer));
}

}  // namespace terrace::storage
