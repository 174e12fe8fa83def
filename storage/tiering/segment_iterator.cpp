#include "storage/tiering/segment_iterator.h"

#include "io/activity.h"
#include "io/slice.h"
#include "storage/base/disk_error.h"

namespace terrace::storage {

Location WalkedPage::location(std::uint32_t segment, std::uint32_t slot) const {
  return Location(segment, page, large ? large_slot(page_count) : slot);
}

// Reads the window that begins at page_.
io::Task<Result<void>> SegmentIterator::refill() {
  const std::uint32_t pages = std::min(kWindowPages, end_page() - page_);
  window_first_ = page_;
  window_.resize(std::size_t{pages} * kPageSize);
  const std::uint64_t offset = std::uint64_t{page_} * kPageSize;
  segment_.touched = true;
  if (segment_.file == io::kNoFile) {
    Result<void> opened = co_await segment_.files->open(segment_);
    if (!opened.ok()) {
      window_.resize(0);
      co_return opened;
    }
  }
  const std::int32_t read = co_await environment_.disk.read(segment_.file, offset, window_.span());
  read_bytes_ += window_.size();
  Result<void> full = check_full("read", FilePath::segment(segment_.serial), offset, read, window_.size());
  if (!full.ok()) window_.resize(0);
  co_return full;
}

void SegmentIterator::skip_holes() {
  for (const Segment::Hole& hole : segment_.holes) {
    if (page_ >= hole.first_page && page_ < hole.first_page + hole.page_count)
      page_ = hole.first_page + hole.page_count;
  }
}

// Reads a page once more: one that the window does not hold as a whole, or a bad one.
io::Task<Result<LoadedPage>> SegmentIterator::load(std::uint32_t page, std::uint32_t page_count) {
  if (depth_ == Depth::kValues) return load_page(environment_.disk, segment_, page, page_count, &read_bytes_);
  return load_heads(environment_.disk, segment_, page, &read_bytes_);
}

// Block by block, in slices.
io::Task<Result<void>> SegmentIterator::check_run(std::uint32_t page) {
  AlignedBuffer run;
  const Result<PageView> view = co_await read_first_pages(environment_.disk, segment_, page, 1, run, &read_bytes_);
  if (!view.ok()) co_return view.error();
  if (!view->large) co_return Result<void>();
  LargeRunReader reader(environment_.disk, segment_, page, *view, std::move(run));
  io::Slice slice(environment_.clock);
  while (true) {
    const Result<std::string_view> block = co_await reader.next();
    if (!block.ok()) co_return block.error();
    if (block->empty()) break;
    if (slice.over()) co_await slice.next();
  }
  read_bytes_ += reader.read_bytes();
  co_return Result<void>();
}

io::Task<Result<std::optional<WalkedPage>>> SegmentIterator::next() {
  skip_holes();
  if (page_ >= end_page()) co_return std::optional<WalkedPage>();
  if (page_ < window_first_ || page_ >= window_first_ + window_.size() / kPageSize) {
    Result<void> filled = co_await refill();
    if (!filled.ok()) {
      ++page_;
      co_return filled.error();
    }
  }
  WalkedPage walked;
  walked.page = page_;
  const auto bytes = std::span<const std::byte>(window_.span()).subspan(std::size_t{page_ - window_first_} * kPageSize);
  const Result<PageView> view = check_page(bytes, segment_.serial, page_);
  if (!view.ok() && std::exchange(lost_, true)) {
    ++page_;
    co_return std::optional<WalkedPage>(std::move(walked));
  }
  if (view.ok()) lost_ = false;
  const std::uint32_t page_count = view.ok() ? view->page_count : 1;
  page_ += page_count;
  walked.large = view.ok() && view->large;
  walked.page_count = page_count;
  Result<LoadedPage> loaded = LoadedPage{};
  if (!view.ok() || std::size_t{page_count} * kPageSize > bytes.size()) {
    Result<void> checked;
    if (depth_ == Depth::kChecked) checked = co_await check_run(walked.page);
    if (!checked.ok()) co_return checked.error();
    loaded = co_await load(walked.page, page_count);
  } else {
    const io::Activity activity("segment-walk");
    loaded = unpack_run(bytes, *view, *segment_.dictionaries);
  }
  if (!loaded.ok()) co_return loaded.error();
  walked.content = std::move(*loaded);
  co_return std::optional<WalkedPage>(std::move(walked));
}

}  // namespace terrace::storage
