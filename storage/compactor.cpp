#include "storage/compactor.h"

#include "io/activity.h"
#include "io/slice.h"

namespace terrace::storage {

namespace {

// A segment with a smaller share of dead records is not worth its copying.
constexpr double kLeastShare = 0.1;
constexpr std::uint32_t kChainsPerStep = 16;
// Look-ups of records, which are in no cache: so many take some ten microseconds.
constexpr std::size_t kItemsPerStep = kTinyLimits ? 1 : 32;

// A damaged segment is read once more only if checkpoints cannot go on otherwise.
bool readable(const Segment& segment) {
  return segment.state == Segment::State::kSealed && segment.writes_in_flight == 0 && segment.live_records > 0 &&
         (!segment.damaged || (segment.suspect && !segment.emptied));
}

}  // namespace

bool Compactor::suspect() const {
  bool found = false;
  segments_.for_each([&found](const Segment& segment) { found = found || (segment.suspect && readable(segment)); });
  return found;
}

bool Compactor::due() const {
  std::uint64_t total = 0;
  std::uint64_t dead = 0;
  segments_.for_each([&](const Segment& segment) {
    if (!readable(segment)) return;
    total += segment.total_records;
    dead += segment.dead_records();
  });
  return suspect() || static_cast<double>(dead) > (1 - live_share_) * static_cast<double>(total);
}

Segment* Compactor::choose() const {
  Segment* best = nullptr;
  double best_score = 0;
  segments_.for_each([&](Segment& segment) {
    if (!readable(segment) || segment.pins > 0) return;
    const double dead = segment.dead_share();
    if (!segment.suspect && dead <= kLeastShare) return;
    // Cost and benefit as in LFS: space won, times age, over the cost of reading all and writing what lives.
    const auto age = static_cast<double>(segments_.next_serial() - segment.serial);
    const double score = segment.suspect ? 1e300 : dead * age / (2.0 - dead);
    if (score <= best_score) return;
    best = &segment;
    best_score = score;
  });
  return best;
}

io::Task<void> Compactor::wait_idle() {
  while (running_) co_await finished_.wait();
}

io::Task<Result<void>> Compactor::compact(const std::function<bool()>& goes_on) {
  co_await wait_idle();
  running_ = true;
  Result<void> result;
  // A segment that keeps live records after its turn is marked damaged, so the loop ends.
  while (!stopping_ && result.ok()) {
    Segment* segment = choose();
    if (!segment) break;
    result = co_await compact_segment(*segment);
    if (!goes_on()) break;
  }
  running_ = false;
  finished_.notify();
  co_return result;
}

io::Task<Result<void>> Compactor::compact_segment(Segment& segment) {
  SegmentWalk walk(environment_.disk, segment);
  ImageBatch batch;
  std::uint64_t charged = 0;
  bool bad_pages = false;
  io::Slice slice(environment_.clock);
  while (!stopping_ && segment.live_records > 0) {
    if (slice.over()) co_await slice.next();
    Result<std::optional<WalkedPage>> page = co_await walk.next();
    if (!page.ok()) {
      bad_pages = true;
      report_(page.error());
      continue;
    }
    if (!page->has_value()) break;
    gather_live(segment, **page, batch);
    if (batch.bytes.size() >= kBatchBytes) {
      Result<void> moved = co_await move(batch);
      if (!moved.ok()) co_return moved;
      co_await throttle(walk.read_bytes() - charged);
      charged = walk.read_bytes();
    }
  }
  Result<void> moved = co_await move(batch);
  statistics_.compaction_read_bytes += walk.read_bytes();
  if (!moved.ok()) co_return moved;
  if (stopping_) co_return Result<void>();
  ++statistics_.compactions;
  if (segment.suspect && segment.live_records > 0) co_await forget_images(segment.number);
  if (segment.live_records > 0) {
    segment.damaged = true;
    segment.emptied = true;
    if (bad_pages) ++statistics_.bad_pages;
  }
  co_return Result<void>();
}

io::Task<void> Compactor::forget_images(std::uint32_t segment) {
  io::Slice slice(environment_.clock);
  for (unsigned number = 0; number < databases_.count(); ++number) {
    for (std::uint32_t chain = 0; chain < databases_[number].index().chain_count(); ++chain) {
      databases_[number].forget_images(chain, segment);
      if (chain % kChainsPerStep == kChainsPerStep - 1 && slice.over()) co_await slice.next();
    }
  }
}

void Compactor::gather_live(const Segment& segment, const WalkedPage& page, ImageBatch& batch) {
  const io::Activity activity("compaction");
  for (std::uint32_t slot = 0; slot < page.content.images.size(); ++slot) {
    const std::string_view bytes = page.content.images[slot];
    const Result<ImageView> image = parse_image(bytes);
    if (!image.ok()) continue;  // stays live, so its segment stays
    Database* database = databases_.by_id(image->database);
    if (!database) continue;
    const std::uint64_t hash = Key(image->key).hash;
    const Location location = page.location(segment.number, slot);
    if (!database->find_live(*image, location)) continue;
    batch.items.push_back({hash, image->database, batch.bytes.size(), bytes.size(), image->expiry_ms, location.bits()});
    batch.bytes += bytes;
  }
}

io::Task<Result<void>> Compactor::move(ImageBatch& batch) {
  if (batch.empty()) co_return Result<void>();
  Result<std::vector<Location>> locations = co_await writer_.write(batch);
  if (!locations.ok()) co_return locations.error();
  co_await environment_.clock.yield();
  io::Slice slice(environment_.clock);
  for (std::size_t next = 0; next < batch.items.size();) {
    {
      const io::Activity activity("compaction");
      const std::size_t end = std::min(next + kItemsPerStep, batch.items.size());
      for (; next < end; ++next) relocate(batch.items[next], batch.image(batch.items[next]), (*locations)[next]);
    }
    if (slice.over()) co_await slice.next();
  }
  writer_.finish(*locations);
  batch = ImageBatch();
  co_return Result<void>();
}

void Compactor::relocate(const ImageBatch::Item& item, std::string_view bytes, Location location) {
  Database* database = databases_.by_id(item.database);
  if (!database) return;
  const Result<ImageView> image = parse_image(bytes);
  TERRACE_CHECK(image.ok());
  const Index::Position at = database->find_live(*image, Location::from_bits(item.expected));
  if (!at) return;
  database->relocate(item.hash, at, location);
  ++statistics_.compacted_records;
}

io::Task<void> Compactor::throttle(std::uint64_t bytes) {
  if (bandwidth_ == 0) {
    co_await environment_.clock.yield();
    co_return;
  }
  co_await environment_.clock.sleep_us(static_cast<std::int64_t>(bytes * 1'000'000 / bandwidth_));
}

}  // namespace terrace::storage
