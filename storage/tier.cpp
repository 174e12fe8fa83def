#include "storage/tier.h"

#include <algorithm>

#include "storage/disk_error.h"
#include "storage/image.h"

namespace terrace::storage {

namespace {

Error at_place(const Error& error, const Segment& segment, std::uint32_t page) {
  return {error.code, FilePath::segment(segment.serial).text() + " at offset " +
                          std::to_string(std::uint64_t{page} * kPageSize) + ": " + error.message};
}

}  // namespace

Result<LoadedPage> parse_loaded(std::span<const std::byte> run, const PageView& view,
                                const Dictionaries& dictionaries) {
  Result<std::string> raw = unpack_page(run, view, dictionaries.find(view.dictionary));
  if (!raw.ok()) return raw.error();
  LoadedPage loaded;
  loaded.raw = std::make_unique<const std::string>(std::move(*raw));
  if (view.large) {
    loaded.images.push_back(*loaded.raw);
    return loaded;
  }
  Result<std::vector<std::string_view>> images = split_images(*loaded.raw, view.record_count);
  if (!images.ok()) return images.error();
  loaded.images = std::move(*images);
  return loaded;
}

io::Task<Result<LoadedPage>> load_page(io::Disk& disk, const Segment& segment, std::uint32_t page,
                                       std::uint32_t read_ahead_pages, std::uint64_t* read_bytes) {
  const FilePath path = FilePath::segment(segment.serial);
  const std::uint64_t offset = std::uint64_t{page} * kPageSize;
  if (page == 0 || page >= segment.used_pages) {
    co_return Error{ErrorCode::kCorrupt,
                    path.text() + ": page " + std::to_string(page) + " of " + std::to_string(segment.used_pages)};
  }
  const std::uint32_t ahead = std::min(read_ahead_pages, segment.used_pages - page);
  AlignedBuffer run(std::size_t{ahead} * kPageSize);
  const std::int32_t read = co_await disk.read(segment.file, offset, run.span());
  if (read_bytes) *read_bytes += run.size();
  Result<void> full = check_full("read", path, offset, read, run.size());
  if (!full.ok()) co_return full.error();
  const Result<PageView> view = check_page(run.span(), segment.serial, page);
  if (!view.ok()) co_return at_place(view.error(), segment, page);
  if (view->page_count > ahead) {
    if (view->page_count > segment.used_pages - page) {
      co_return at_place({ErrorCode::kCorrupt, "large record reaches past the segment"}, segment, page);
    }
    const std::size_t have = run.size();
    run.resize(std::size_t{view->page_count} * kPageSize);
    const auto rest = run.span().subspan(have);
    const std::int32_t more = co_await disk.read(segment.file, offset + have, rest);
    if (read_bytes) *read_bytes += rest.size();
    full = check_full("read", path, offset + have, more, rest.size());
    if (!full.ok()) co_return full.error();
  }
  Result<LoadedPage> loaded = parse_loaded(run.span(), *view, *segment.dictionaries);
  if (!loaded.ok()) co_return at_place(loaded.error(), segment, page);
  co_return loaded;
}

io::Task<Result<void>> Tier::fetch(std::span<const Location> locations, Residents& residents) {
  if (locations.size() == 1) co_return co_await fetch_page(locations, residents);
  std::vector<Location> sorted(locations.begin(), locations.end());
  std::sort(sorted.begin(), sorted.end(), [](Location a, Location b) { return a.bits() < b.bits(); });
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Fetch fetch;
  fetch.left = 1;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end].page_bits() == sorted[begin].page_bits()) ++end;
    ++fetch.left;
    io::spawn(fetch_page_for(fetch, std::span<const Location>(sorted).subspan(begin, end - begin), residents));
    begin = end;
  }
  --fetch.left;
  while (fetch.left > 0) co_await fetch.finished.wait();
  co_return fetch.result;
}

io::Task<void> Tier::fetch_page_for(Fetch& fetch, std::span<const Location> of_one_page, Residents& residents) {
  Result<void> result = co_await fetch_page(of_one_page, residents);
  if (!result.ok() && fetch.result.ok()) fetch.result = result;
  // Resumes the waiting fetch, which may end before this coroutine does; nothing of it is touched after.
  if (--fetch.left == 0) fetch.finished.notify();
}

io::Task<Result<void>> Tier::fetch_page(std::span<const Location> of_one_page, Residents& residents) {
  Segment* segment = segments_.find(of_one_page.front().segment());
  if (!segment) co_return Result<void>();  // moved meanwhile: the caller asks the index again
  const std::shared_ptr<PageRead> read = co_await read_shared(*segment, of_one_page.front());
  if (!read->page.ok()) co_return read->page.error();
  co_return admit(*read->page, of_one_page, residents);
}

io::Task<std::shared_ptr<Tier::PageRead>> Tier::read_shared(Segment& segment, Location location) {
  const std::uint64_t key = location.page_bits();
  if (auto it = reads_.find(key); it != reads_.end()) {
    const std::shared_ptr<PageRead> shared = it->second;
    ++statistics_.shared_page_reads;
    while (!shared->done) co_await shared->finished.wait();
    co_return shared;
  }
  const auto read = std::make_shared<PageRead>();
  reads_.emplace(key, read);
  const SegmentTable::Pin pin(&segment);
  co_await in_flight_.acquire();
  ++statistics_.page_reads;
  const std::int64_t begin_us = environment_.clock.monotonic_us();
  read->page = co_await load_page(environment_.disk, segment, location.page(), location.read_pages(),
                                  &statistics_.page_read_bytes);
  statistics_.page_read_us += static_cast<std::uint64_t>(environment_.clock.monotonic_us() - begin_us);
  in_flight_.release();
  if (!read->page.ok()) {
    segment.damaged = true;
    ++statistics_.bad_pages;
    report_(read->page.error());
  }
  reads_.erase(key);
  read->done = true;
  read->finished.notify();
  co_return read;
}

Result<void> Tier::admit(const LoadedPage& page, std::span<const Location> of_one_page, Residents& residents) {
  for (const Location location : of_one_page) {
    const std::uint32_t slot = location.is_large() ? 0 : location.slot();
    if (slot >= page.images.size()) {
      return Error{ErrorCode::kCorrupt, "segment " + std::to_string(location.segment()) + " page " +
                                            std::to_string(location.page()) + ": no slot " + std::to_string(slot)};
    }
    const Result<ImageView> image = parse_image(page.images[slot]);
    if (!image.ok()) return image.error();
    Result<RecordPointer> record = decode_image(*image, decoder_);
    if (!record.ok()) return record.error();
    (*record)->set(Record::kTransient);
    residents.add(location, std::move(*record));
  }
  return {};
}

}  // namespace terrace::storage
