// TimedHash: a large hash with fields that expire: the table of its fields, as without times, and a tree of the fields
// that expire in the order of their times. It exists only while there is such a field; otherwise the hash is the table
// alone. Changing from one to the other takes constant time.
//
// Its image is that of RDB's type 24 behind the soonest time, which the record's image holds:
//
//   length | (time - soonest + 1, 0: none) as a length | field | value | ...
//
// Ownership: owns both; returned texts are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <memory>
#include <string_view>

#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/score_tree.h"
#include "storage/record/object.h"

namespace terrace::types {

class TimedHash final : public storage::Object {
 public:
  // The table must not have an image in progress.
  explicit TimedHash(std::unique_ptr<PackedTable> fields);

  const PackedTable& fields() const { return *fields_; }
  // Gives up the fields; afterwards the object can only be destroyed.
  std::unique_ptr<PackedTable> take_fields() { return std::move(fields_); }
  // kNoExpiry: the field has no time, or is not there.
  std::int64_t time_of(std::string_view field) const;
  // The number of fields that expire before this time.
  std::size_t expired(std::int64_t now_ms) const;
  // The time of the field behind the first `expired` ones; kNoExpiry: there is none.
  std::int64_t next_expiry_ms(std::size_t expired) const;
  // Calls visit(field) for the expired fields, soonest first, until it returns false.
  template <typename Visit>
  void visit_expired(std::int64_t now_ms, const Visit& visit) const {
    times_.forward(0, [&](const ScoredMember& element) {
      return element.score < static_cast<double>(now_ms) && visit(element.member);
    });
  }

  // --- texts passed in must not lie in this hash
  // True if the field is new. An existing field keeps its time.
  bool set(std::string_view field, std::string_view value);
  bool erase(std::string_view field);
  // kNoExpiry removes the time. The field must exist.
  void set_time(std::string_view field, std::int64_t time_ms);

  // --- storage::Object
  std::int64_t parts_expiry_ms() const override { return soonest_ms_; }
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;
  static std::unique_ptr<storage::ObjectBuilder> builder(std::int64_t soonest_ms);

 private:
  // Updates footprint and soonest time from the parts.
  void count_footprint();
  void recount();

  std::unique_ptr<PackedTable> fields_;
  ScoreTree times_;
  std::int64_t soonest_ms_ = storage::kNoExpiry;
};

// The latest time of a field that RDB files may have. A double holds all times up to it exactly.
inline constexpr std::uint64_t kMaxFieldTimeMs = (std::uint64_t{1} << 48) - 1;
// A field's time from RDB's type 24; nullopt if it is not valid.
std::optional<std::int64_t> field_time_from(std::uint64_t stored, std::int64_t soonest_ms);

}  // namespace terrace::types
