#include "src/types/hash/timed_hash.h"

#include "src/types/encoding/image_builder.h"
#include "src/types/encoding/timed_listpack.h"
#include "storage/record/rdb_string.h"

namespace terrace::types {

using storage::kNoExpiry;

// --- TimedListpack

std::string TimedListpack::of(const Listpack& pairs) {
  std::string bytes(Listpack::empty());
  ListpackEditor editor(bytes);
  for (std::size_t place = pairs.begin(); place != pairs.end();) {
    for (unsigned i = 0; i + 1 < kStride; ++i, place = pairs.next(place)) {
      editor.append(ElementText(pairs.element(place)).view());
    }
    editor.append(IntegerText(0));
  }
  std::string all(reinterpret_cast<const char*>(&kNoExpiry), kPrefixSize);
  return all += bytes;
}

TimedListpack::Live TimedListpack::live_at(std::int64_t now_ms) const {
  Live live{listpack_.begin(), 0};
  for (; live.place != listpack_.end(); live.place = next(live.place), ++live.expired) {
    const std::int64_t time_ms = time_at(live.place);
    if (time_ms == kNoExpiry || time_ms >= now_ms) break;
  }
  return live;
}

std::size_t TimedListpack::place_for(std::int64_t time_ms) const {
  if (time_ms == kNoExpiry) return listpack_.end();
  return live_at(time_ms + 1).place;
}

// --- TimedHash

TimedHash::TimedHash(std::unique_ptr<PackedTable> fields) : fields_(std::move(fields)) {
  recount();
}

void TimedHash::count_footprint() {
  const std::size_t fields = fields_ ? fields_->footprint_bytes() : 0;
  const std::size_t all = sizeof(TimedHash) - sizeof(ScoreTree) + times_.footprint_bytes() + fields;
  add_footprint(static_cast<std::ptrdiff_t>(all) - static_cast<std::ptrdiff_t>(footprint_bytes()));
}

void TimedHash::recount() {
  count_footprint();
  soonest_ms_ = next_expiry_ms(0);
}

std::int64_t TimedHash::next_expiry_ms(std::size_t expired) const {
  std::int64_t next_ms = kNoExpiry;
  times_.forward(expired, [&next_ms](const ScoredMember& element) {
    next_ms = static_cast<std::int64_t>(element.score);
    return false;
  });
  return next_ms;
}

std::int64_t TimedHash::time_of(std::string_view field) const {
  const auto time = times_.find(field);
  return time ? static_cast<std::int64_t>(*time) : kNoExpiry;
}

std::size_t TimedHash::expired(std::int64_t now_ms) const {
  return times_.count_first([now_ms](double time, const auto&) { return time < static_cast<double>(now_ms); });
}

bool TimedHash::set(std::string_view field, std::string_view value) {
  const bool is_new = fields_->set(field, value);
  recount();
  return is_new;
}

bool TimedHash::erase(std::string_view field) {
  times_.erase(field);
  const bool was_there = fields_->erase(field);
  recount();
  return was_there;
}

void TimedHash::set_time(std::string_view field, std::int64_t time_ms) {
  if (time_ms == kNoExpiry) {
    times_.erase(field);
  } else {
    times_.set({static_cast<double>(time_ms), field});
  }
  recount();
}

std::size_t TimedHash::image_size_bound() const {
  return fields_->image_size_bound() + storage::kMaxRdbLength * fields_->size();
}

std::uint64_t TimedHash::encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const {
  const std::size_t before = out.size();
  if (cursor == 0) storage::put_rdb_length(out, fields_->size());
  do {
    cursor = fields_->scan(cursor, [&](const PackedTable::Entry& entry) {
      const std::int64_t time_ms = time_of(entry.name);
      storage::put_rdb_length(out, time_ms == kNoExpiry ? 0 : static_cast<std::uint64_t>(time_ms - soonest_ms_ + 1));
      storage::put_rdb_string(out, entry.name);
      storage::put_rdb_string(out, entry.value);
    });
  } while (cursor != 0 && out.size() - before < budget_bytes);
  return cursor;
}

bool TimedHash::discard(std::size_t budget_bytes) {
  const bool done = (!fields_ || fields_->discard(budget_bytes)) && times_.discard(budget_bytes);
  count_footprint();
  return done;
}

std::optional<std::int64_t> field_time_from(std::uint64_t stored, std::int64_t soonest_ms) {
  if (stored == 0) return kNoExpiry;
  if (soonest_ms < 0 || stored > kMaxFieldTimeMs + 1) return std::nullopt;
  const std::uint64_t time_ms = static_cast<std::uint64_t>(soonest_ms) + stored - 1;
  if (time_ms == 0 || time_ms > kMaxFieldTimeMs) return std::nullopt;
  return static_cast<std::int64_t>(time_ms);
}

std::unique_ptr<storage::ObjectBuilder> TimedHash::builder(std::int64_t soonest_ms) {
  class Builder final : public ImageBuilder {
   public:
    explicit Builder(std::int64_t soonest_ms)
        : soonest_ms_(soonest_ms),
          hash_(std::make_unique<TimedHash>(std::make_unique<PackedTable>(PackedTable::Values::kBytes))) {}

   private:
    bool add(RdbReader& reader) override {
      const std::uint64_t stored = reader.length();
      const RdbText field = reader.text();
      const RdbText value = reader.text();
      if (!reader.ok()) return true;
      const auto time_ms = field_time_from(stored, soonest_ms_);
      if (!time_ms || !hash_->set(field.view(), value.view())) return false;
      if (*time_ms != kNoExpiry) hash_->set_time(field.view(), *time_ms);
      return true;
    }
    // Without any time the object is a table, not a TimedHash. The reader of the image compares the times.
    storage::ObjectPointer object() override {
      if (hash_->parts_expiry_ms() == kNoExpiry) return hash_->take_fields();
      return std::move(hash_);
    }

    std::int64_t soonest_ms_;
    std::unique_ptr<TimedHash> hash_;
  };
  return std::make_unique<Builder>(soonest_ms);
}

}  // namespace terrace::types
