// ZsetRange: a range of a sorted set by rank, by score or by text, as the arguments of ZRANGE and similar commands give
// it.
// Ownership: a value; borrows the arguments. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/zset/sorted_set.h"

namespace terrace {

// The ranks from `begin` to before `end`; rank 0 has the lowest score.
struct RankRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

class ZsetRange {
 public:
  enum class Kind { kRank, kScore, kText };

  // Nothing: the error is replied. In reverse order, ranks count from the highest score.
  static std::optional<ZsetRange> parse(Context& context, Kind kind, std::string_view min, std::string_view max);

  RankRange of(const types::SortedSetView& view, bool reverse = false) const;

 private:
  // An end by score or by text. `below_all` and `above_all` stand for "-" and "+".
  struct Bound {
    double score = 0;
    std::string_view text = {};
    bool exclusive = false;
    bool below_all = false;
    bool above_all = false;
  };

  static std::optional<Bound> parse_score(std::string_view argument);
  static std::optional<Bound> parse_text(std::string_view argument);
  // The number of members before a bound, with those equal to it if `with_equal`.
  std::size_t count_before(const types::SortedSetView& view, const Bound& bound, bool with_equal) const;
  RankRange of_ranks(std::size_t size) const;

  // Ranges by text are meant for members of one score. Of others Redis replies what its search happens to find: these do
  // the same for packed sorted sets, and for large ones at least look for the range's ends first.
  bool above_min(std::string_view member) const;
  bool below_max(std::string_view member) const;
  bool meets_texts(const types::SortedSetView& view) const;
  RankRange first_texts(const types::SortedSetView& view) const;
  RankRange last_texts(const types::SortedSetView& view) const;

  Kind kind_ = Kind::kRank;
  std::int64_t start_ = 0, stop_ = 0;  // kRank
  Bound min_, max_;                    // the others
};

// Calls visit(element) for all members of a range, in the order of the request.
template <typename Visit>
void visit_range(const types::SortedSetView& view, const RankRange& range, bool reverse, const Visit& visit) {
  std::size_t left = range.size();
  if (left == 0) return;
  const auto each = [&](const types::ScoredMember& element) {
    visit(element);
    return --left > 0;
  };
  if (reverse) {
    view.backward(range.end - 1, each);
  } else {
    view.forward(range.begin, each);
  }
}

}  // namespace terrace
