#include "storage/tiering/cold_key_scanner.h"

#include <algorithm>
#include <utility>

#include "io/activity.h"
#include "io/slice.h"
#include "storage/base/disk_rule.h"

namespace terrace::storage {

namespace {

// An expired key that is still there after this time is found again.
constexpr std::int64_t kAgainMs = 10'000;

}  // namespace

io::Task<void> ColdKeyScanner::find_expired(std::int64_t now_ms, std::size_t limit, NamedKeys& keys) {
  if (searching_) co_return;
  searching_ = true;
  const auto now_seconds = static_cast<std::uint32_t>(now_ms / 1000);
  std::vector<std::uint32_t> due;
  segments_.for_each([&due, now_seconds](const Segment& segment) {
    if (segment.earliest_expiry != 0 && segment.earliest_expiry <= now_seconds) due.push_back(segment.number);
  });
  for (const std::uint32_t number : due) {
    Segment* segment = segments_.find(number);
    if (!segment || segment->state == Segment::State::kRetired) continue;
    const SegmentTable::Pin pin(segment);
    for (std::uint32_t page = 1; page < segment->page_expiry.size() && keys.size() < limit; ++page) {
      const std::uint32_t expiry = segment->page_expiry[page];
      if (expiry != 0 && expiry <= now_seconds) co_await expired_of_page(*segment, page, now_ms, keys);
    }
    segment->earliest_expiry = 0;
    for (const std::uint32_t expiry : segment->page_expiry) {
      if (expiry != 0 && (segment->earliest_expiry == 0 || expiry < segment->earliest_expiry))
        segment->earliest_expiry = expiry;
    }
  }
  searching_ = false;
}

io::Task<void> ColdKeyScanner::expired_of_page(Segment& segment, std::uint32_t page, std::int64_t now_ms,
                                               NamedKeys& keys) {
  // From here on, the page's entry is the earliest expiry of its records that have not expired.
  const std::uint32_t expiry = std::exchange(segment.page_expiry[page], 0);
  const Result<LoadedPage> loaded = co_await load_heads(environment_.disk, segment, page, nullptr);
  if (!loaded.ok()) {
    report_(loaded.error());
    if (distrusts_segment(loaded.error())) {
      segment.damaged = true;
    } else if (page < segment.page_expiry.size()) {
      segment.page_expiry[page] = expiry;
    }
    co_return;
  }
  std::uint32_t slot = 0;
  for (const std::string_view bytes : loaded->images) {
    const Result<ImageView> image = parse_image(bytes);
    const std::uint32_t of_this = slot++;
    if (!image.ok() || image->due_ms() == kNoExpiry) continue;
    Keyspace* keyspace = databases_.by_id(image->database);
    if (!keyspace) continue;
    const std::uint64_t hash = Key(image->key).hash;
    Index::Position at = keyspace->index().find(hash, [&](Index::Position entry) {
      if (entry->is_witness() || (entry->is_hot() && !entry->record()->clean())) return false;
      const Location location = entry->is_hot() ? entry->record()->location() : entry->location();
      return location.segment() == segment.number && location.page() == page &&
             (location.is_large() || location.slot() == of_this);
    });
    if (at && at->is_overwritten()) at = keyspace->find_live(*image, at->location());
    if (!at) continue;
    // An expired key is noted for a little later, in case it is not removed now; once removed, it is not found again.
    segment.note_expiry(page, std::max(image->due_ms(), now_ms + kAgainMs));
    if (image->due_ms() > now_ms || !at->is_cold()) continue;
    keys.emplace_back(databases_.number_of(*keyspace), std::string(image->key));
    ++statistics_.expired_cold_keys;
  }
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
