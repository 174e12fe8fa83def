#include "storage/tiering/scrubber.h"

#include "io/slice.h"
#include "storage/base/disk_rule.h"

namespace terrace::storage {

namespace {
constexpr double kSecondsPerDay = 86400;
}  // namespace

io::Task<void> Scrubber::tick() {
  if (days_ == 0 || running_) co_return;
  due_pages_ += static_cast<double>(segments_.bytes()) / double{kPageSize} / (days_ * kSecondsPerDay);
  // One segment at a time: the next by serial, when its pages are due.
  Segment* next = nullptr;
  bool any = false;
  segments_.for_each([&](Segment& segment) {
    if (segment.state != Segment::State::kSealed || segment.writes_in_flight > 0) return;
    any = true;
    if (segment.serial >= next_serial_ && (!next || segment.serial < next->serial)) next = &segment;
  });
  if (!next) {
    if (any && next_serial_ != 0) ++statistics_.scrub_passes;
    next_serial_ = 0;
    co_return;
  }
  if (due_pages_ < next->used_pages) co_return;
  due_pages_ -= next->used_pages;
  next_serial_ = next->serial + 1;
  running_ = true;
  co_await scrub_segment(*next);
  running_ = false;
}

io::Task<void> Scrubber::scrub_segment(Segment& segment) {
  SegmentIterator walk(environment_, segment, SegmentIterator::Depth::kChecked);
  io::Slice slice(environment_.clock);
  while (true) {
    if (slice.over()) co_await slice.next();
    Result<std::optional<WalkedPage>> page = co_await walk.next();
    if (page.ok() && !page->has_value()) co_return;
    ++statistics_.scrubbed_pages;
    if (!page.ok()) {
      report_(page.error());
      if (!distrusts_segment(page.error())) co_return;
      ++statistics_.bad_pages;
      segment.damaged = true;
    }
    // One window's reads at a time, with a pause after each.
    if (statistics_.scrubbed_pages % 64 == 0) co_await environment_.clock.sleep_ms(1);
  }
}

}  // namespace terrace::storage
