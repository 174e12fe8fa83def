#include "storage/tiering/compactor.h"

#include <algorithm>
#include <utility>

#include "io/activity.h"
#include "io/slice.h"
#include "storage/base/disk_rule.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kChainsPerCheck = 16;
// Look-ups of records that are in no cache: this many take some ten microseconds.
constexpr std::size_t kMovesPerStep = kTinyLimits ? 1 : 32;

// A damaged segment is read once more only if no checkpoint can be written otherwise.
bool readable(const Segment& segment) {
  return segment.state == Segment::State::kSealed && segment.writes_in_flight == 0 && segment.live_records > 0 &&
         (!segment.damaged || (segment.suspect && !segment.emptied));
}

// A segment of which all records expire so soon is left to die: its copies would die as soon.
constexpr std::int64_t kDiesSoonMs = 30'000;
bool dies_soon(const Segment& segment, std::int64_t now_ms) {
  return !segment.suspect && segment.last_expiry != kNoTick && segment.last_expiry <= over_tick(now_ms + kDiesSoonMs);
}

}  // namespace

void Compactor::reconfigure(const Options& options) {
  bandwidth_ = options.background_bytes_per_second;
  policy_.set(
      {.enabled = options.compaction, .live_share = options.compaction_live_share, .throttled = bandwidth_ > 0});
}

CompactionPolicy::Numbers Compactor::numbers() const {
  const DatabaseSet::Totals totals = databases_.totals();
  CompactionPolicy::Numbers numbers{.hot_keys = totals.hot_keys,
                                    .cold_keys = totals.cold_keys,
                                    .held_bytes = bytes_beside_ + segments_.unused_bytes()};
  const std::int64_t now_ms = environment_.clock.wall_ms();
  segments_.for_each([&](const Segment& segment) {
    numbers.suspect = numbers.suspect || (segment.suspect && readable(segment));
    if (segment.state == Segment::State::kRetired) {
      numbers.held_bytes += segment.used_bytes();
    } else if (!segment.damaged && !dies_soon(segment, now_ms)) {
      numbers.live_bytes += segment.live_bytes();
      // The segment being compacted counts as if it were done.
      numbers.taken_bytes += segment.serial == victim_serial_ ? segment.live_bytes() : segment.used_bytes();
    }
  });
  return numbers;
}

bool Compactor::due(const DiskLevel& disk, bool checkpoint_running) const {
  const io::Activity activity("segments");
  return policy_.due(numbers(), disk, checkpoint_running, environment_.clock.monotonic_us());
}

void Compactor::update_behind() {
  const bool before = behind_;
  behind_ = running_ && !stopping_ && policy_.behind(numbers());
  if (before && !behind_) caught_up_.notify();
}

io::Task<void> Compactor::wait_caught_up() {
  if (!behind_) co_return;
  ++statistics_.compaction_waits;
  while (behind_) co_await caught_up_.wait();
}

Segment* Compactor::choose() const {
  Segment* best = nullptr;
  double most_worth = 0;
  const std::int64_t now_ms = environment_.clock.wall_ms();
  segments_.for_each([&](Segment& segment) {
    if (!readable(segment) || segment.kept() || dies_soon(segment, now_ms)) return;
    const std::uint64_t age = segments_.next_serial() - segment.serial;
    const double worth = CompactionPolicy::worth(segment.dead_share(), age, segment.suspect);
    if (worth <= most_worth) return;
    best = &segment;
    most_worth = worth;
  });
  return best;
}

io::Task<void> Compactor::wait_idle() {
  while (running_) co_await finished_.wait();
}

io::Task<Result<void>> Compactor::compact(const std::function<bool()>& may_continue) {
  co_await wait_idle();
  running_ = true;
  Result<void> result;
  // A segment that still has live records after its run is marked damaged, so the loop ends.
  while (!stopping_ && result.ok()) {
    Segment* segment = choose();
    if (!segment) break;
    victim_serial_ = segment->serial;
    result = co_await compact_segment(*segment);
    victim_serial_ = 0;
    if (!may_continue()) break;
  }
  if (!result.ok()) policy_.note_failure(environment_.clock.monotonic_us());
  running_ = false;
  update_behind();
  finished_.notify();
  co_return result;
}

io::Task<Result<void>> Compactor::compact_segment(Segment& segment) {
  SegmentIterator walk(environment_, segment, SegmentIterator::Depth::kValues);
  Moves moves;
  ImageBatch batch(ledger_);
  std::uint64_t charged = 0;
  bool bad_pages = false;
  io::Slice slice(environment_.clock);
  while (!stopping_ && segment.live_records > 0 && moves.result.ok()) {
    if (slice.over()) co_await slice.next();
    Result<std::optional<WalkedPage>> page = co_await walk.next();
    if (!page.ok() && !distrusts_segment(page.error())) {
      if (moves.result.ok()) moves.result = page.error();
      break;
    }
    if (!page.ok()) {
      bad_pages = true;
      report_(page.error());
      continue;
    }
    if (!page->has_value()) break;
    gather_live(segment, **page, batch);
    batch.update_charge();
    if (batch.bytes.size() >= kBatchBytes) {
      while (moves.count == kMovesInFlight) co_await moves.changed.wait();
      io::spawn(move_beside(moves, std::exchange(batch, ImageBatch(ledger_))));
      co_await throttle(walk.read_bytes() - charged);
      charged = walk.read_bytes();
    }
  }
  if (moves.result.ok() && !batch.empty()) io::spawn(move_beside(moves, std::move(batch)));
  while (moves.count > 0) co_await moves.changed.wait();
  statistics_.compaction_read_bytes += walk.read_bytes();
  if (!moves.result.ok()) co_return moves.result;
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

io::Task<void> Compactor::move_beside(Moves& moves, ImageBatch batch) {
  ++moves.count;
  Result<void> moved = co_await move(batch);
  if (!moved.ok() && moves.result.ok()) moves.result = moved;
  update_behind();
  // Resumes the waiting run, which may end before this coroutine; nothing of it is used after this.
  --moves.count;
  moves.changed.notify();
}

io::Task<void> Compactor::forget_images(std::uint32_t segment) {
  io::Slice slice(environment_.clock);
  for (unsigned number = 0; number < databases_.count(); ++number) {
    for (std::uint32_t chain = 0; chain < databases_[number].index().chain_count(); ++chain) {
      databases_[number].forget_images(chain, segment);
      if (chain % kChainsPerCheck == kChainsPerCheck - 1 && slice.over()) co_await slice.next();
    }
  }
}

void Compactor::gather_live(const Segment& segment, const WalkedPage& page, ImageBatch& batch) {
  const io::Activity activity("compaction");
  for (std::uint32_t slot = 0; slot < page.content.images.size(); ++slot) {
    const std::string_view bytes = page.content.images[slot];
    const Result<ImageView> image = parse_image(bytes);
    if (!image.ok()) continue;  // stays live, and so does its segment
    Keyspace* keyspace = databases_.by_id(image->database);
    if (!keyspace) continue;
    const std::uint64_t hash = Key(image->key).hash;
    const Location location = page.location(segment.number, slot);
    if (!keyspace->find_live(*image, location)) continue;
    batch.items.push_back({hash, image->database, batch.bytes.size(), bytes.size(), image->due_ms(), location.bits()});
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
      const std::size_t end = std::min(next + kMovesPerStep, batch.items.size());
      for (; next < end; ++next) relocate(batch.items[next], batch.image(batch.items[next]), (*locations)[next]);
    }
    if (slice.over()) co_await slice.next();
  }
  writer_.finish(*locations);
  co_return Result<void>();
}

void Compactor::relocate(const ImageBatch::Item& item, std::string_view bytes, Location location) {
  Keyspace* keyspace = databases_.by_id(item.database);
  if (!keyspace) return;
  const Result<ImageView> image = parse_image(bytes);
  TERRACE_CHECK(image.ok());
  const Index::Position at = keyspace->find_live(*image, Location::from_bits(item.expected));
  if (!at) return;
  keyspace->relocate(item.hash, at, location);
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
