// TimedHash: a large hash of which fields expire: the table of its fields as if none did, and a tree of those that do
// in the order of their times. There is one only as long as there is such a field; before and after the table alone is
// the hash, and becoming the other takes no time.
//
// Its image is that of RDB's type 24 behind the soonest time, which whoever keeps the image knows:
//
//   length | (time - soonest + 1, 0: none) as a length | field | value | ...
//
// Ownership: owns both; texts given out are good until the next change. Thread: the reactor's.
#pragma once

#include <memory>
#include <string_view>

#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/score_tree.h"
#include "storage/record/object.h"

namespace terrace::types {

class TimedHash final : public storage::Object {
 public:
  // No image of the table may be under way.
  explicit TimedHash(std::unique_ptr<PackedTable> fields);

  const PackedTable& fields() const { return *fields_; }
  // Gives up the fields; this can only be freed then.
  std::unique_ptr<PackedTable> take_fields() { return std::move(fields_); }
  // kNoExpiry: it has none, or is not there.
  std::int64_t time_of(std::string_view field) const;
  // How many expire before this time.
  std::size_t expired(std::int64_t now_ms) const;
  // Calls visit(field) for those that do, soonest first, until it returns false.
  template <typename Visit>
  void visit_expired(std::int64_t now_ms, const Visit& visit) const {
    times_.forward(0, [&](const ScoredMember& element) {
      return element.score < static_cast<double>(now_ms) && visit(element.member);
    });
  }

  // --- texts given must not lie in this hash
  // True if the field is new. It keeps its time.
  bool set(std::string_view field, std::string_view value);
  bool erase(std::string_view field);
  // kNoExpiry takes the time away. The field must be there.
  void set_time(std::string_view field, std::int64_t time_ms);

  // --- storage::Object
  std::int64_t parts_expiry_ms() const override { return soonest_ms_; }
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;
  static std::unique_ptr<storage::ObjectBuilder> builder(std::int64_t soonest_ms);

 private:
  // Footprint, and soonest time, as the parts now are.
  void count_footprint();
  void recount();

  std::unique_ptr<PackedTable> fields_;
  ScoreTree times_;
  std::int64_t soonest_ms_ = storage::kNoExpiry;
};

// The latest time of a field that RDB files may have. All of them are whole numbers as a double, too.
inline constexpr std::uint64_t kMaxFieldTimeMs = (std::uint64_t{1} << 48) - 1;
// A field's time as it stands in RDB's type 24; nullopt: there can be no such time.
std::optional<std::int64_t> field_time_from(std::uint64_t stored, std::int64_t soonest_ms);

}  // namespace terrace::types
