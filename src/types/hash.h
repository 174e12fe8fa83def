// Hash: a record's value as fields with values. Small ones are one listpack (field, value, field, ...) in the record's
// own bytes, larger ones a PackedTable; which one it is shows outside only as OBJECT ENCODING. HashView reads any
// record, Hash changes one that is the database's own. Ownership: borrows the record; texts are good until the next
// change. Thread: the reactor's.
#pragma once

#include <optional>
#include <string_view>

#include "src/types/collection_limits.h"
#include "src/types/listpack.h"
#include "src/types/packed_table.h"
#include "src/types/random.h"
#include "src/types/record_bytes.h"

namespace terrace::types {

class HashView {
 public:
  explicit HashView(const storage::Record& record)
      : table_(static_cast<const PackedTable*>(record.object())),
        listpack_(table_ ? Listpack::empty() : record.bytes()) {}

  std::size_t size() const { return table_ ? table_->size() : listpack_.count() / 2; }
  std::optional<ElementText> find(std::string_view field) const;
  bool contains(std::string_view field) const { return find(field).has_value(); }

  // Calls visit(field, value) for all, in no order that means anything.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    if (table_) return table_->for_each([&](const PackedTable::Entry& entry) { visit(entry.name, entry.value); });
    for (std::size_t place = listpack_.begin(); place != listpack_.end();) {
      const ElementText field(listpack_.element(place));
      place = listpack_.next(place);
      const ElementText value(listpack_.element(place));
      place = listpack_.next(place);
      visit(field.view(), value.view());
    }
  }
  // A step of a scan, see PackedTable::scan; a listpack is one step.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    if (table_) return table_->scan(cursor, [&](const PackedTable::Entry& entry) { visit(entry.name, entry.value); });
    for_each(visit);
    return 0;
  }
  // Calls visit(field, value) for one of them, each as likely as another.
  template <typename Visit>
  void visit_random(Random& random, const Visit& visit) const {
    if (table_) {
      const PackedTable::Entry entry = table_->random_entry(random);
      return visit(entry.name, entry.value);
    }
    const std::size_t place = listpack_.at(static_cast<std::ptrdiff_t>(random.below(size()) * 2));
    visit(ElementText(listpack_.element(place)).view(), ElementText(listpack_.element(listpack_.next(place))).view());
  }

 private:
  const PackedTable* table_;
  Listpack listpack_;
};

class Hash {
 public:
  // The record is a hash, found for writing and marked as changed.
  Hash(storage::Database& database, storage::Record* record, const CollectionLimits& limits)
      : bytes_(database, record), limits_(limits) {}

  storage::Record* record() const { return bytes_.record(); }
  HashView view() const { return HashView(*record()); }
  bool empty() const { return view().size() == 0; }

  // True if the field is new. Neither text may lie in the hash.
  bool set(std::string_view field, std::string_view value);
  // True if it was there. The last field leaves an empty hash, which must be removed.
  bool erase(std::string_view field);

 private:
  PackedTable* table() const { return static_cast<PackedTable*>(record()->object()); }
  bool set_packed(std::string_view field, std::string_view value);
  void convert();

  RecordBytes bytes_;
  const CollectionLimits& limits_;
};

}  // namespace terrace::types
