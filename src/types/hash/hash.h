// Hash: a record's value as fields with values, some of which may have an expiry. A small hash is one listpack (field,
// value, field, ...) in the record's own bytes, a large one a PackedTable; if fields expire, it is a TimedListpack or a
// TimedHash. Clients see the form only in OBJECT ENCODING. HashView reads any record and hides expired fields; Hash
// changes a record in the database.
// Ownership: borrows the record; texts are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/listpack.h"
#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/random.h"
#include "src/types/encoding/record_bytes.h"
#include "src/types/encoding/timed_listpack.h"
#include "src/types/hash/timed_hash.h"

namespace terrace::types {

// As the time of a HashView: shows also fields that have expired and were not removed yet.
inline constexpr std::int64_t kBeforeAnyTime = storage::kNoExpiry;

class HashView {
 public:
  HashView(const storage::Record& record, std::int64_t now_ms);

  std::size_t size() const { return all_size() - expired_; }
  // Includes expired fields.
  std::size_t all_size() const { return table_ ? table_->size() : listpack_.count() / stride_; }
  std::optional<ElementText> find(std::string_view field) const;
  bool contains(std::string_view field) const { return find(field).has_value(); }
  // When a field expires; kNoExpiry if it does not; nullopt if it is not there.
  std::optional<std::int64_t> time_of(std::string_view field) const;
  // When the next field expires, of those that have not; kNoExpiry: none does.
  std::int64_t next_expiry_ms() const;
  // Expired fields, at most `most`.
  std::vector<std::string> expired_fields(std::size_t most) const;

  // Calls visit(field, value) for all fields, in no particular order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    if (table_) return table_->for_each(shown(visit));
    for (std::size_t place = begin_; place != listpack_.end();) {
      const ElementText field(listpack_.element(place));
      place = listpack_.next(place);
      const ElementText value(listpack_.element(place));
      place = listpack_.next(place);
      if (stride_ == TimedListpack::kStride) place = listpack_.next(place);
      visit(field.view(), value.view());
    }
  }
  // A step of a scan, see PackedTable::scan; a listpack takes one step.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    if (table_) return table_->scan(cursor, shown(visit));
    for_each(visit);
    return 0;
  }
  // Calls visit(field, value) for a random field, each with the same probability. There must be one.
  template <typename Visit>
  void visit_random(Random& random, const Visit& visit) const {
    if (table_) {
      const PackedTable::Entry entry = random_entry(random);
      return visit(entry.name, entry.value);
    }
    const std::size_t index = expired_ + random.below(size());
    const std::size_t place = listpack_.at(static_cast<std::ptrdiff_t>(index * stride_));
    visit(ElementText(listpack_.element(place)).view(), ElementText(listpack_.element(listpack_.next(place))).view());
  }

 private:
  bool has_expired(std::string_view field) const {
    const std::int64_t time_ms = timed_->time_of(field);
    return time_ms != storage::kNoExpiry && time_ms < now_ms_;
  }
  template <typename Visit>
  auto shown(const Visit& visit) const {
    return [this, &visit](const PackedTable::Entry& entry) {
      if (expired_ == 0 || !has_expired(entry.name)) visit(entry.name, entry.value);
    };
  }
  PackedTable::Entry random_entry(Random& random) const;

  const PackedTable* table_ = nullptr;  // of a large hash
  const TimedHash* timed_ = nullptr;    // the hash of table_, if fields of it expire
  Listpack listpack_;
  unsigned stride_ = 2;                        // elements for each field
  std::size_t begin_ = Listpack::kHeaderSize;  // of the first field that has not expired
  std::size_t expired_ = 0;                    // fields
  std::int64_t now_ms_;
};

class Hash {
 public:
  // What happens to a field's time when the field gets a new value.
  enum class Time : bool { kGoes, kStays };

  // The record must be a hash, found for writing and marked as changed.
  Hash(storage::Database& database, storage::Record* record, const CollectionLimits& limits)
      : bytes_(database, record), limits_(limits) {}

  storage::Record* record() const { return bytes_.record(); }
  // Shows also expired fields that were not removed yet.
  HashView view() const { return {*record(), kBeforeAnyTime}; }
  bool empty() const { return view().size() == 0; }

  // True if the field is new. Neither text may lie in the hash.
  bool set(std::string_view field, std::string_view value, Time time = Time::kGoes);
  // True if it was there. Removing the last field leaves an empty hash, which the caller must remove.
  bool erase(std::string_view field);
  // kNoExpiry removes the time. The field must exist.
  void set_time(std::string_view field, std::int64_t time_ms);

 private:
  storage::Object* object() const { return record()->object(); }
  bool timed() const { return record()->parts_expiry_ms() != storage::kNoExpiry; }
  // object(), if it is a TimedHash.
  TimedHash* timed_hash() const { return object() && timed() ? static_cast<TimedHash*>(object()) : nullptr; }
  PackedTable* table() const { return object() && !timed() ? static_cast<PackedTable*>(object()) : nullptr; }
  bool set_packed(std::string_view field, std::string_view value, Time time);
  bool set_large(std::string_view field, std::string_view value, Time time);
  // Changes to the form with times. A time must be set next.
  void begin_times();
  // Of a large hash: notes whether fields expire, and changes back to the table if none does any more. `before`:
  // whether one did before.
  void end_times(bool before);
  void note_times(bool before);
  void overwrite(storage::ObjectPointer object);
  void convert();

  RecordBytes bytes_;
  const CollectionLimits& limits_;
};

}  // namespace terrace::types
