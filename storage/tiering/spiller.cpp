#include "storage/tiering/spiller.h"

#include <algorithm>

#include "io/activity.h"
#include "io/slice.h"
#include "storage/memory/allocation.h"
#include "storage/record/image.h"

namespace terrace::storage {

namespace {

// Look-ups of records that are in no cache: this many take some ten microseconds.
constexpr std::size_t kItemsPerStep = kTinyLimits ? 1 : 32;

// Tickets need only differ from each other, so all spillers of a process share the counter. They have the size of a
// Location; when the counter wraps, the first tickets are no longer in use.
std::uint64_t next_ticket() {
  static thread_local std::uint64_t last = 0;
  last = (last + 1) & ((std::uint64_t{1} << Location::kBits) - 1);
  return last ? last : ++last;
}

std::string_view key_of(std::string_view image) {
  const Result<ImageView> view = parse_image(image);
  TERRACE_CHECK(view.ok());
  return view->key;
}

}  // namespace

void Spiller::add(std::uint32_t database_id, Record* record, bool mark, bool evict) {
  // One ticket for each image, not for each batch: a record that has changed may be in the same batch twice, and only
  // its last image counts.
  const std::uint64_t ticket = mark ? next_ticket() : 0;
  Keyspace* keyspace = databases_.by_id(database_id);
  if (mark && keyspace) keyspace->begin_writing(record, ticket, evict);
  if (record->object() && image_size_bound(*record) > kSlicedImageSize) {
    const auto needed = listener_ ? ObjectSerializer::Needed::kAlways : ObjectSerializer::Needed::kUnlessChanged;
    auto image = std::make_unique<ObjectSerializer>(*record, database_id, log_.end_position(), needed,
                                                    LedgerCharge(ledger_, Account::kImages));
    on_their_way_ += image->size_bound();
    given_ += image->size_bound();
    const std::size_t size = image->head().size();
    io::spawn(
        write_object(std::move(image), {Key(record->key()).hash, database_id, 0, size, record->due_ms(), ticket}));
    return;
  }
  ImageBatch& batch = gathering();
  const std::size_t offset = batch.bytes.size();
  batch.bytes.reserve(std::max(batch.bytes.capacity(), std::min(offset + image_size_bound(*record), 2 * kBatchBytes)));
  encode_image(batch.bytes, *record, database_id, log_.end_position());
  batch.update_charge();
  batch.items.push_back(
      {Key(record->key()).hash, database_id, offset, batch.bytes.size() - offset, record->due_ms(), ticket});
  // Bounds what a cut gathers while its walk waits, and keeps large records in batches of their own.
  flush(kBatchBytes);
}

void Spiller::flush(std::size_t least_bytes) {
  if (!gathering_ || gathering_->bytes.size() < least_bytes) return;
  on_their_way_ += gathering_->bytes.size();
  given_ += gathering_->bytes.size();
  io::spawn(write(std::move(gathering_)));
}

io::Task<void> Spiller::write(std::unique_ptr<ImageBatch> batch) {
  const io::Gate::Holder holder = tasks_.hold();
  const std::uint64_t number = ++batches_begun_;
  batches_open_.insert(number);
  Result<std::vector<Location>> locations = co_await writer_.write(*batch);
  if (locations.ok()) {
    co_await settle(*batch, *locations);
    writer_.finish(*locations);
  } else {
    give_up(*batch);
    note_failure(locations.error());
  }
  on_their_way_ -= batch->bytes.size();
  keep(std::move(batch));
  batches_open_.erase(number);
  changed_.notify();
}

void Spiller::note_failure(const Error& error) {
  failure_ = error;
  ++failures_;
  if (!failing_since_us_) failing_since_us_ = environment_.clock.monotonic_us();
  if (listener_) listener_->failed(error);
}

ImageBatch& Spiller::gathering() {
  if (!gathering_ && !spare_.empty()) {
    gathering_ = std::move(spare_.back());
    spare_.pop_back();
  }
  if (!gathering_) {
    gathering_ = std::make_unique<ImageBatch>(ledger_);
    // In one allocation: growing step by step would leave the smaller ones with the allocator.
    gathering_->bytes.reserve(kBatchBytes + kSlicedImageSize);
  }
  return *gathering_;
}

void Spiller::keep(std::unique_ptr<ImageBatch> batch) {
  const bool large = std::max(batch->bytes.capacity(), batch->pages.bytes.capacity()) > 2 * kBatchBytes;
  if (spare_.size() == kSpareBatches || large) return free_at_once([&batch] { batch.reset(); });
  batch->bytes.clear();
  batch->items.clear();
  spare_.push_back(std::move(batch));
}

io::Task<void> Spiller::write_object(std::unique_ptr<ObjectSerializer> image, ImageBatch::Item item) {
  const io::Gate::Holder holder = tasks_.hold();
  const std::uint64_t number = ++batches_begun_;
  batches_open_.insert(number);
  ImageBatch batch;
  batch.bytes = image->head();
  batch.items.push_back(item);
  // Not within the command that may have begun this.
  co_await environment_.clock.yield();
  Result<std::vector<Location>> locations = co_await write_image(*image, batch);
  if (!locations.ok()) {
    give_up(batch);
    note_failure(locations.error());
  } else if (!image->given_up()) {
    co_await settle(batch, *locations);
    writer_.finish(*locations);
  }
  if (ObjectPointer object = image->end()) databases_.free_object(std::move(object));
  databases_.object_serialized().notify();
  on_their_way_ -= image->size_bound();
  batches_open_.erase(number);
  changed_.notify();
}

// One location; none if the image was given up. `batch` has the head of the only image, which suffices to settle it.
io::Task<Result<std::vector<Location>>> Spiller::write_image(ObjectSerializer& image, ImageBatch& batch) {
  if (image.size_bound() > kStreamedImageSize) {
    const Result<Location> location = co_await writer_.write_streamed(image, batch.items[0].due_ms);
    if (!location.ok()) co_return location.error();
    co_return std::vector<Location>{*location};
  }
  co_await image.make(image.size_bound(), environment_.clock);
  databases_.object_serialized().notify();
  if (image.given_up()) co_return std::vector<Location>();
  ImageBatch whole(ledger_);
  whole.bytes = image.take(image.made_bytes());
  whole.update_charge();
  whole.items = batch.items;
  whole.items[0].size = whole.bytes.size();
  co_return co_await writer_.write(whole);
}

io::Task<void> Spiller::settle(const ImageBatch& batch, const std::vector<Location>& locations) {
  failing_since_us_.reset();
  co_await environment_.clock.yield();
  io::Slice slice(environment_.clock);
  for (std::size_t next = 0; next < batch.items.size();) {
    {
      const io::Activity activity("spill");
      const std::size_t end = std::min(next + kItemsPerStep, batch.items.size());
      for (; next < end; ++next) settle_item(batch, batch.items[next], locations[next]);
    }
    if (slice.over()) co_await slice.next();
  }
}

void Spiller::settle_item(const ImageBatch& batch, const ImageBatch::Item& item, Location location) {
  ++statistics_.spilled_records;
  if (listener_) listener_->written(item, batch, location);
  Keyspace* keyspace = item.expected != 0 ? databases_.by_id(item.database) : nullptr;
  if (!keyspace) return;
  const Index::Position at = keyspace->find_being_written(item.hash, key_of(batch.image(item)), item.expected);
  if (at) keyspace->end_writing(item.hash, at, location);
}

void Spiller::give_up(const ImageBatch& batch) {
  for (const ImageBatch::Item& item : batch.items) {
    Keyspace* keyspace = item.expected != 0 ? databases_.by_id(item.database) : nullptr;
    if (!keyspace) continue;
    const Index::Position at = keyspace->find_being_written(item.hash, key_of(batch.image(item)), item.expected);
    if (at) keyspace->abandon_writing(at);
  }
}

io::Task<void> Spiller::wait_below(std::uint64_t bytes) {
  while (on_their_way_ > bytes) co_await changed_.wait();
}

io::Task<void> Spiller::settled() {
  flush();
  const std::uint64_t last = batches_begun_;
  while (!batches_open_.empty() && *batches_open_.begin() <= last) co_await changed_.wait();
}

io::Task<void> Spiller::drain() {
  flush();
  while (!tasks_.idle()) co_await tasks_.wait();
  free_at_once([this] { spare_.clear(); });
}

}  // namespace terrace::storage
