#include "storage/tiering/cold_key_scanner.h"

#include <algorithm>
#include <utility>

#include "io/activity.h"
#include "io/slice.h"
#include "storage/base/disk_rule.h"

namespace terrace::storage {

namespace {

// An expired key that is still there after this time is found again.
constexpr std::int64_t kAgainMs = 1000;
// Read in parallel, in memory at once: enough to keep a device busy.
constexpr std::size_t kPagesAtOnce = kTinyLimits ? 8 : 64;
// Up to so many pages between two due pages are read with them. Records that were written together expire together.
constexpr std::uint32_t kPagesBetween = 3;

// The image that the entry stands for; nowhere if it has none.
Location image_of(const IndexEntry& entry) {
  if (entry.is_witness()) return {};
  if (!entry.is_hot()) return entry.location();
  return entry.record()->clean() ? entry.record()->location() : Location{};
}

}  // namespace

io::Task<void> ColdKeyScanner::find_expired(std::int64_t now_ms, ExpiredKeys& expired) {
  if (searching_) co_return;
  searching_ = true;
  settle_named();
  std::vector<DuePage> pages = take_due(now_ms, expired.late_ms);
  expired.pages = pages.size();
  const std::vector<std::span<DuePage>> runs = runs_of(pages);
  Reads reads{.left = runs.size(), .finished = {}};
  for (const std::span<DuePage> run : runs) io::spawn(load(run, reads));
  while (reads.left > 0) co_await reads.finished.wait();
  io::Slice slice(environment_.clock);
  for (const DuePage& due : pages) {
    if (slice.over()) co_await slice.next();
    // It may have been deleted since it was read.
    if (segments_.find(due.number) == due.segment) name_expired(due, now_ms, expired);
  }
  searching_ = false;
}

// Until their records have been looked at, and until those that are named have been removed, the pages count as due a
// little later: a checkpoint that is written before that must not forget them.
std::vector<ColdKeyScanner::DuePage> ColdKeyScanner::take_due(std::int64_t now_ms, std::int64_t& late_ms) {
  const io::Activity activity("expire-cycle");
  const ExpiryTick over = over_tick(now_ms);
  const ExpiryTick again = expiry_tick(now_ms + kAgainMs);
  ExpiryTick first = over;
  std::vector<DuePage> pages;
  segments_.for_each([&](Segment& segment) {
    if (segment.earliest_expiry == kNoTick || segment.earliest_expiry > over || pages.size() == kPagesAtOnce) return;
    if (segment.state == Segment::State::kRetired) return;
    ExpiryTick earliest = kNoTick;
    for (std::uint32_t page = 1; page < segment.page_expiry.size(); ++page) {
      ExpiryTick& tick = segment.page_expiry[page];
      if (tick != kNoTick && tick <= over && pages.size() < kPagesAtOnce) {
        pages.push_back({&segment, segment.number, page, LoadedPage{}});
        first = std::min(first, tick);
        tick = again;
      }
      earliest = sooner_tick(earliest, tick);
    }
    segment.earliest_expiry = earliest;
  });
  late_ms = (std::int64_t{over} - first) * kTickMs;
  return pages;
}

// One read of the device serves a run.
std::vector<std::span<ColdKeyScanner::DuePage>> ColdKeyScanner::runs_of(std::vector<DuePage>& pages) {
  std::vector<std::span<DuePage>> runs;
  for (std::size_t begin = 0, end = 1; begin < pages.size(); begin = end++) {
    const auto adjoins = [](const DuePage& one, const DuePage& next) {
      return one.segment == next.segment && next.page - one.page <= kPagesBetween + 1;
    };
    while (end < pages.size() && adjoins(pages[end - 1], pages[end])) ++end;
    runs.push_back(std::span(pages).subspan(begin, end - begin));
  }
  return runs;
}

io::Task<void> ColdKeyScanner::load(std::span<DuePage> run, Reads& reads) {
  {
    // The segment is pinned while it is read, no longer: of many segments few may be open.
    SegmentIterator pages(environment_, *run.front().segment, SegmentIterator::Depth::kHeads, run.front().page,
                          run.back().page + 1);
    auto due = run.begin();
    while (due != run.end()) {
      const std::uint32_t page = pages.page();
      Result<std::optional<WalkedPage>> walked = co_await pages.next();
      while (due != run.end() && due->page < page) ++due;
      if (due == run.end() || (walked.ok() && !*walked)) break;
      if (due->page == page && walked.ok()) due->loaded = std::move((*walked)->content);
    }
    // An error of the device is of the whole run, and behind a bad page the walk passes over others: these are read alone.
    for (DuePage& page : run) {
      if (page.loaded->images.empty()) {
        page.loaded = co_await load_heads(environment_.disk, *page.segment, page.page, nullptr);
      }
    }
  }
  if (--reads.left == 0) reads.finished.notify();
}

void ColdKeyScanner::name_expired(const DuePage& due, std::int64_t now_ms, ExpiredKeys& expired) {
  const io::Activity activity("expire-cycle");
  Segment& segment = *due.segment;
  if (!due.loaded.ok()) {
    // Otherwise the page is read again a little later.
    if (distrusts_segment(due.loaded.error())) {
      segment.damaged = true;
      segment.page_expiry[due.page] = kNoTick;
    }
    report_(due.loaded.error());
    return;
  }
  NamedPage& named = named_pages_.emplace_back(NamedPage{segment.number, segment.serial, due.page, kNoTick, {}});
  for (std::uint32_t slot = 0; slot < due.loaded->images.size(); ++slot) {
    const Result<ImageView> image = parse_image(due.loaded->images[slot]);
    if (!image.ok() || image->due_ms() == kNoExpiry) continue;
    Keyspace* keyspace = databases_.by_id(image->database);
    if (!keyspace) continue;
    const std::uint64_t hash = Key(image->key).hash;
    Index::Position at = keyspace->index().find(hash, [&](Index::Position entry) {
      const Location location = image_of(*entry);
      return location.segment() == segment.number && location.page() == due.page &&
             (location.is_large() || location.slot() == slot);
    });
    if (at && at->is_overwritten()) at = keyspace->find_live(*image, at->location());
    if (!at) continue;
    if (image->due_ms() >= now_ms) {
      named.next = sooner_tick(named.next, expiry_tick(image->due_ms()));
      continue;
    }
    const Location location = image_of(*at);
    named.expired.push_back({keyspace->id(), hash, location});
    if (!at->is_cold()) continue;
    ++statistics_.expired_cold_keys;
    std::pair<unsigned, std::string> name(databases_.number_of(*keyspace), image->key);
    if (image->expiry_ms == kNoExpiry || image->expiry_ms >= now_ms) {
      expired.parts.push_back(std::move(name));
      continue;
    }
    ImageView whole = *image;
    whole.parts_expiry_ms = kNoExpiry;  // a head has no parts to look at
    RecordPointer head = decode_head(whole);
    head->mark_transient();
    expired.heads.add(location, std::move(head));
    expired.whole.push_back(std::move(name));
  }
}

// The pages that the last call has named are due for the records that are left of them.
void ColdKeyScanner::settle_named() {
  const io::Activity activity("expire-cycle");
  for (const NamedPage& named : named_pages_) {
    Segment* segment = segments_.find(named.segment);
    if (!segment || segment->serial != named.serial) continue;
    const bool some_left = std::any_of(named.expired.begin(), named.expired.end(), [this](const auto& record) {
      Keyspace* keyspace = databases_.by_id(record.database);
      return keyspace && keyspace->index().find(
                             record.hash, [&record](Index::Position at) { return image_of(*at) == record.location; });
    });
    ExpiryTick& tick = segment->page_expiry[named.page];
    if (!some_left) tick = named.next;
    tick = sooner_tick(tick, named.next);
    segment->earliest_expiry = sooner_tick(segment->earliest_expiry, tick);
  }
  named_pages_.clear();
}

Segment* ColdKeyScanner::choose_victim() const {
  Segment* best = nullptr;
  // The oldest segments hold what was neither changed nor compacted for longest. After the newest, the search starts
  // over.
  segments_.for_each([this, &best](Segment& segment) {
    if (segment.state != Segment::State::kSealed || segment.writes_in_flight > 0 || segment.live_records == 0) return;
    const auto rank = [this](const Segment& item) {
      return std::pair(item.serial <= last_victim_serial_, item.serial);
    };
    if (!best || rank(segment) < rank(*best)) best = &segment;
  });
  return best;
}

io::Task<void> ColdKeyScanner::find_victims(bool only_expiring, std::size_t limit, NamedKeys& keys) {
  if (searching_) co_return;
  Segment* segment = choose_victim();
  if (!segment) co_return;
  searching_ = true;
  {
    if (segment->serial != walked_serial_) walked_page_ = 1;
    walked_serial_ = segment->serial;
    SegmentIterator walk(environment_, *segment, SegmentIterator::Depth::kHeads, walked_page_);
    bool ended = false;
    io::Slice slice(environment_.clock);
    while (keys.size() < limit && !ended) {
      if (slice.over()) co_await slice.next();
      Result<std::optional<WalkedPage>> page = co_await walk.next();
      if (!page.ok() && !distrusts_segment(page.error())) break;
      if (!page.ok()) continue;
      ended = !page->has_value();
      if (!ended) name_untouched(*segment, **page, only_expiring, keys);
    }
    walked_page_ = walk.page();
    if (ended) last_victim_serial_ = segment->serial;
  }
  searching_ = false;
}

void ColdKeyScanner::name_untouched(const Segment& segment, const WalkedPage& page, bool only_expiring,
                                    NamedKeys& keys) {
  const io::Activity activity("eviction-cycle");
  for (std::uint32_t slot = 0; slot < page.content.images.size(); ++slot) {
    const Result<ImageView> image = parse_image(page.content.images[slot]);
    if (!image.ok() || (only_expiring && image->expiry_ms == kNoExpiry)) continue;
    Keyspace* keyspace = databases_.by_id(image->database);
    if (!keyspace) continue;
    const Index::Position at = keyspace->find_live(*image, page.location(segment.number, slot));
    if (!at || !at->is_cold() || at->access_count() > 0) continue;
    keys.emplace_back(databases_.number_of(*keyspace), std::string(image->key));
  }
}

}  // namespace terrace::storage
