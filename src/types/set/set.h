// Set: a record's value as members. Integers alone are an intset, other members one listpack while they are few, both
// in the record's own bytes, as in Redis from 7.2 on; a large set is a PackedTable. SetView reads any set; SetEditor changes one in place: Set in a
// record in the database, NewSet in a Value that will become a record.
// Ownership: borrows what it reads and edits; texts are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/intset.h"
#include "src/types/encoding/listpack.h"
#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/random.h"
#include "src/types/encoding/record_bytes.h"
#include "src/types/encoding/value.h"

namespace terrace::types {

class SetView {
 public:
  explicit SetView(const storage::Record& record)
      : SetView(record.encoding(), record.object() ? std::string_view() : record.bytes(), record.object()) {}
  explicit SetView(const Value& value) : SetView(value.encoding, value.bytes, value.object.get()) {}

  std::size_t size() const {
    if (table_) return table_->size();
    return is_intset_ ? Intset(bytes_).size() : Listpack(bytes_).count();
  }
  bool contains(std::string_view member) const;

  // Calls visit(member) for all members: of an intset in ascending order, otherwise in no particular order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    if (table_) return table_->for_each([&](const PackedTable::Entry& entry) { visit(entry.name); });
    if (is_intset_) {
      const Intset intset(bytes_);
      for (std::size_t i = 0, count = intset.size(); i < count; ++i) visit(IntegerText(intset.at(i)).view());
      return;
    }
    const Listpack listpack(bytes_);
    for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
      visit(ElementText(listpack.element(place)).view());
    }
  }
  // A step of a scan, see PackedTable::scan; a packed set takes one step.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    if (table_) return table_->scan(cursor, [&](const PackedTable::Entry& entry) { visit(entry.name); });
    for_each(visit);
    return 0;
  }
  // Calls visit(member) for a random member, each with the same probability.
  template <typename Visit>
  void visit_random(Random& random, const Visit& visit) const {
    if (table_) return visit(table_->random_entry(random).name);
    const std::uint64_t index = random.below(size());
    if (is_intset_) return visit(IntegerText(Intset(bytes_).at(index)).view());
    const Listpack listpack(bytes_);
    visit(ElementText(listpack.element(listpack.at(static_cast<std::ptrdiff_t>(index)))).view());
  }

 private:
  SetView(storage::Encoding encoding, std::string_view bytes, const storage::Object* object)
      : table_(static_cast<const PackedTable*>(object)),
        bytes_(bytes),
        is_intset_(encoding == storage::Encoding::kIntset) {}

  const PackedTable* table_;
  std::string_view bytes_;
  bool is_intset_;
};

// A set in a record: RecordBytes, and access to the rest of the value.
class SetInRecord : public RecordBytes {
 public:
  using RecordBytes::RecordBytes;
  SetView view() const { return SetView(*record()); }
  storage::Encoding encoding() const { return record()->encoding(); }
  PackedTable* table() const { return static_cast<PackedTable*>(record()->object()); }
  // Replaces the value.
  void put(std::unique_ptr<PackedTable> table) {
    set_record(database().overwrite(record(), storage::ValueType::kSet, std::move(table), /*keep_expiry=*/true));
  }
  void put_listpack(std::string_view bytes);
};

// The same for a set in a Value.
class SetInValue {
 public:
  SetView view() const { return SetView(value_); }
  storage::Encoding encoding() const { return value_.encoding; }
  PackedTable* table() const { return static_cast<PackedTable*>(value_.object.get()); }
  void put(std::unique_ptr<PackedTable> table) {
    value_.encoding = storage::Encoding::kObject;
    value_.bytes.clear();
    value_.object = std::move(table);
  }
  void put_listpack(std::string bytes) {
    value_.encoding = storage::Encoding::kListpack;
    value_.bytes = std::move(bytes);
  }
  Value take() { return std::move(value_); }

  char* data() { return value_.bytes.data(); }
  std::size_t size() const { return value_.bytes.size(); }
  void resize(std::size_t size) { value_.bytes.resize(size); }

 private:
  Value value_{.type = storage::ValueType::kSet,
               .encoding = storage::Encoding::kIntset,
               .bytes = std::string(Intset::empty()),
               .object = {}};
};

template <typename Holder>
class SetEditor {
 public:
  SetEditor(Holder holder, const CollectionLimits& limits) : holder_(std::move(holder)), limits_(limits) {}

  Holder& holder() { return holder_; }
  SetView view() const { return holder_.view(); }
  bool empty() const { return view().size() == 0; }

  // True if the member is new. It must not lie in the set.
  bool add(std::string_view member);
  // True if it was there. Removing the last member leaves an empty set, which the caller must remove.
  bool erase(std::string_view member);

 private:
  bool add_integer(std::int64_t number);
  bool add_packed(std::string_view member);
  // Integers as texts: in a listpack if they may, otherwise in a table.
  void leave_intset();
  bool packs(std::size_t members, std::size_t longest) const;
  void unpack();

  Holder holder_;
  const CollectionLimits& limits_;
};

extern template class SetEditor<SetInRecord>;
extern template class SetEditor<SetInValue>;

// The record must be a set, found for writing and marked as changed.
using Set = SetEditor<SetInRecord>;
using NewSet = SetEditor<SetInValue>;

}  // namespace terrace::types
