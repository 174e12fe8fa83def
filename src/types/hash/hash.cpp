#include "src/types/hash/hash.h"

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::kNoExpiry;
using storage::ValueType;

constexpr unsigned kFieldAndValue = 2;
// How often a random field is drawn, if those drawn have expired, before the first live field is taken.
constexpr unsigned kMaxDraws = 1000;

// Whether the texts and the listpack they would make are within the limits.
bool packs(const RecordBytes& bytes, std::string_view field, std::string_view value, const CollectionLimits& limits) {
  const auto longest = static_cast<std::int64_t>(std::max(field.size(), value.size()));
  return longest <= limits.hash_max_listpack_value && bytes.size() + field.size() + value.size() < Listpack::kMaxSize;
}

}  // namespace

HashView::HashView(const storage::Record& record, std::int64_t now_ms) : listpack_(Listpack::empty()), now_ms_(now_ms) {
  if (const storage::Object* object = record.object()) {
    if (object->parts_expiry_ms() == kNoExpiry) {
      table_ = static_cast<const PackedTable*>(object);
      return;
    }
    timed_ = static_cast<const TimedHash*>(object);
    table_ = &timed_->fields();
    if (object->parts_expiry_ms() < now_ms) expired_ = timed_->expired(now_ms);
  } else if (record.encoding() == Encoding::kTimedListpack) {
    const TimedListpack timed(record.bytes());
    const TimedListpack::Live live = timed.live_at(now_ms);
    listpack_ = timed.listpack();
    stride_ = TimedListpack::kStride;
    begin_ = live.place;
    expired_ = live.expired;
  } else {
    listpack_ = Listpack(record.bytes());
  }
}

std::optional<ElementText> HashView::find(std::string_view field) const {
  if (table_) {
    const auto value = table_->find(field);
    if (!value || (expired_ > 0 && has_expired(field))) return std::nullopt;
    return ElementText(*value);
  }
  const std::size_t place = listpack_.find(field, begin_, stride_);
  if (place == Listpack::kNowhere) return std::nullopt;
  return ElementText(listpack_.element(listpack_.next(place)));
}

std::optional<std::int64_t> HashView::time_of(std::string_view field) const {
  if (!table_ && stride_ == TimedListpack::kStride) {
    const std::size_t place = listpack_.find(field, begin_, stride_);
    if (place == Listpack::kNowhere) return std::nullopt;
    const std::int64_t time_ms = listpack_.element(listpack_.next(listpack_.next(place))).integer();
    return time_ms == 0 ? kNoExpiry : time_ms;
  }
  if (!contains(field)) return std::nullopt;
  return timed_ ? timed_->time_of(field) : kNoExpiry;
}

std::int64_t HashView::next_expiry_ms() const {
  if (timed_) return timed_->next_expiry_ms(expired_);
  if (stride_ != TimedListpack::kStride || begin_ == listpack_.end()) return kNoExpiry;
  const std::int64_t time_ms = listpack_.element(listpack_.next(listpack_.next(begin_))).integer();
  return time_ms == 0 ? kNoExpiry : time_ms;
}

std::vector<std::string> HashView::expired_fields(std::size_t most) const {
  std::vector<std::string> fields;
  if (table_) {
    if (expired_ == 0 || most == 0) return fields;
    timed_->visit_expired(now_ms_, [&](std::string_view field) {
      fields.emplace_back(field);
      return fields.size() < most;
    });
    return fields;
  }
  std::size_t place = listpack_.begin();
  while (place != begin_ && fields.size() < most) {
    fields.emplace_back(ElementText(listpack_.element(place)).view());
    for (unsigned i = 0; i < stride_; ++i) place = listpack_.next(place);
  }
  return fields;
}

PackedTable::Entry HashView::random_entry(Random& random) const {
  PackedTable::Entry entry = table_->random_entry(random);
  for (unsigned draws = 1; expired_ > 0 && has_expired(entry.name); ++draws) {
    if (draws < kMaxDraws) {
      entry = table_->random_entry(random);
      continue;
    }
    std::optional<PackedTable::Entry> found;
    std::uint64_t cursor = 0;
    do {
      cursor = table_->scan(cursor, [&](const PackedTable::Entry& other) {
        if (!found && !has_expired(other.name)) found = other;
      });
    } while (!found && cursor != 0);
    TERRACE_CHECK(found);
    entry = *found;
  }
  return entry;
}

bool Hash::set(std::string_view field, std::string_view value, Time time) {
  if (!object() && !packs(bytes_, field, value, limits_)) convert();
  if (object()) return set_large(field, value, time);
  const bool is_new = set_packed(field, value, time);
  if (static_cast<std::int64_t>(view().size()) > limits_.hash_max_listpack_entries) convert();
  return is_new;
}

bool Hash::set_large(std::string_view field, std::string_view value, Time time) {
  if (PackedTable* const large = table()) return large->set(field, value);
  TimedHash* const large = timed_hash();
  const bool is_new = large->set(field, value);
  if (!is_new && time == Time::kGoes) {
    large->set_time(field, kNoExpiry);
    end_times(/*before=*/true);
  }
  return is_new;
}

bool Hash::set_packed(std::string_view field, std::string_view value, Time time) {
  if (record()->encoding() == Encoding::kTimedListpack) {
    const bool before = timed();
    const bool is_new = TimedListpackEditor(bytes_).set(field, value, time == Time::kStays);
    note_times(before);
    return is_new;
  }
  ListpackEditor editor(bytes_);
  const Listpack listpack = editor.view();
  const std::size_t place = listpack.find(field, listpack.begin(), kFieldAndValue);
  if (place != Listpack::kNowhere) {
    editor.replace(listpack.next(place), value);
    return false;
  }
  editor.append(field);
  editor.append(value);
  return true;
}

bool Hash::erase(std::string_view field) {
  if (PackedTable* const large = table()) return large->erase(field);
  if (TimedHash* const large = timed_hash()) {
    const bool was_there = large->erase(field);
    end_times(/*before=*/true);
    return was_there;
  }
  if (record()->encoding() == Encoding::kTimedListpack) {
    const bool before = timed();
    const bool was_there = TimedListpackEditor(bytes_).erase(field);
    note_times(before);
    return was_there;
  }
  ListpackEditor editor(bytes_);
  const std::size_t place = editor.view().find(field, editor.view().begin(), kFieldAndValue);
  if (place == Listpack::kNowhere) return false;
  editor.erase(place, kFieldAndValue);
  return true;
}

void Hash::set_time(std::string_view field, std::int64_t time_ms) {
  const bool before = timed();
  if (!before && record()->encoding() != Encoding::kTimedListpack) {
    if (time_ms == kNoExpiry) return;
    begin_times();
  }
  if (object()) {
    // Includes one that begin_times() has just created.
    static_cast<TimedHash*>(object())->set_time(field, time_ms);
    return end_times(before);
  }
  TimedListpackEditor(bytes_).set_time(field, time_ms);
  note_times(before);
}

void Hash::begin_times() {
  if (object()) {
    storage::ObjectPointer fields = bytes_.database().take_object(record());
    return overwrite(
        std::make_unique<TimedHash>(std::unique_ptr<PackedTable>(static_cast<PackedTable*>(fields.release()))));
  }
  const std::string bytes = TimedListpack::of(Listpack(record()->bytes()));
  bytes_.set_record(bytes_.database().overwrite(record(), ValueType::kHash, Encoding::kTimedListpack,
                                                static_cast<std::uint32_t>(bytes.size()), /*keep_expiry=*/true));
  std::memcpy(record()->value(), bytes.data(), bytes.size());
}

void Hash::end_times(bool before) {
  note_times(before);
  if (timed()) return;
  storage::ObjectPointer taken = bytes_.database().take_object(record());
  overwrite(static_cast<TimedHash&>(*taken).take_fields());
}

void Hash::note_times(bool before) {
  if (timed() != before) bytes_.database().note_parts_expiry(record());
}

void Hash::overwrite(storage::ObjectPointer object) {
  bytes_.set_record(bytes_.database().overwrite(record(), ValueType::kHash, std::move(object), /*keep_expiry=*/true));
}

// As in Redis, a large hash never becomes a listpack again.
void Hash::convert() {
  auto fields = std::make_unique<PackedTable>(PackedTable::Values::kBytes);
  view().for_each([&fields](std::string_view field, std::string_view value) { fields->set(field, value); });
  if (!timed()) return overwrite(std::move(fields));
  auto large = std::make_unique<TimedHash>(std::move(fields));
  const TimedListpack packed(record()->bytes());
  for (std::size_t place = packed.listpack().begin(); place != packed.listpack().end(); place = packed.next(place)) {
    const std::int64_t time_ms = packed.time_at(place);
    if (time_ms == kNoExpiry) break;
    large->set_time(ElementText(packed.listpack().element(place)).view(), time_ms);
  }
  overwrite(std::move(large));
}

}  // namespace terrace::types
