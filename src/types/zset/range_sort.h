// RangeSort: sorts only as far as needed for a range of indexes to have the elements of the fully sorted sequence.
// Equal elements come in the order of Redis' partial sort, which matters where a reply ends among them; otherwise
// std::partial_sort would do.
// Thread: pure functions. Source: quicksort by J. L. Bentley and M. D. McIlroy, "Engineering a Sort Function",
// Software: Practice and Experience 23 (1993); parts outside of the range are left unsorted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace terrace::types {

template <typename Element, typename Less>
class RangeSort {
 public:
  // Sorts `all` for the indexes `first` to `last`, both included.
  RangeSort(std::span<Element> all, std::size_t first, std::size_t last, const Less& less)
      : all_(all), first_(first), last_(last), less_(less) {
    sort(0, all.size());
  }

 private:
  static constexpr std::size_t kFew = 7;    // fewer are sorted by insertion
  static constexpr std::size_t kMany = 40;  // for more, the pivot is a pseudomedian
  using Place = std::size_t;
  struct Part {
    Place begin;
    Place end;
    std::size_t size() const { return end - begin; }
  };

  bool less(Place a, Place b) const { return less_(all_[a], all_[b]); }
  bool concerned(const Part& part) const { return part.begin <= last_ && first_ < part.end; }

  Place middle_of(Place a, Place b, Place c) const {
    if (less(a, b)) return less(b, c) ? b : less(a, c) ? c : a;
    return less(c, b) ? b : less(a, c) ? a : c;
  }

  void insert_each(Place begin, Place end) {
    for (Place next = begin + 1; next < end; ++next) {
      for (Place at = next; at > begin && less(at, at - 1); --at) std::swap(all_[at], all_[at - 1]);
    }
  }

  Place pivot_of(Place begin, std::size_t count) const {
    Place low = begin, middle = begin + count / 2, high = begin + count - 1;
    if (count == kFew) return middle;
    if (count > kMany) {
      const std::size_t eighth = count / 8;
      low = middle_of(low, low + eighth, low + 2 * eighth);
      middle = middle_of(middle - eighth, middle, middle + eighth);
      high = middle_of(high - 2 * eighth, high - eighth, high);
    }
    return middle_of(low, middle, high);
  }

  void swap_ranges(Place a, Place b, std::size_t count) {
    for (; count > 0; --count) std::swap(all_[a++], all_[b++]);
  }

  // Divides into the elements less than the pivot, which is at `begin`, and those greater. Equal ones are gathered at
  // both ends, then moved to the middle.
  std::pair<Part, Part> divide(Place begin, Place end) {
    Place equal_low = begin + 1, low = begin + 1, high = end, equal_high = end;  // the latter two: one behind
    for (;;) {
      for (; low < high && !less(begin, low); ++low) {
        if (!less(low, begin)) std::swap(all_[equal_low++], all_[low]);
      }
      for (; low < high && !less(high - 1, begin); --high) {
        if (!less(begin, high - 1)) std::swap(all_[high - 1], all_[--equal_high]);
      }
      if (low >= high) break;
      std::swap(all_[low++], all_[--high]);
    }
    const std::size_t lower = low - equal_low, higher = equal_high - high;
    const std::size_t at_front = std::min(equal_low - begin, lower), at_end = std::min(higher, end - equal_high);
    swap_ranges(begin, low - at_front, at_front);
    swap_ranges(low, end - at_end, at_end);
    return {Part{begin, begin + lower}, Part{end - higher, end}};
  }

  void sort(Place begin, Place end) {
    while (end - begin >= kFew) {
      std::swap(all_[begin], all_[pivot_of(begin, end - begin)]);
      // The order does not matter: the smaller part is sorted by recursion, so that the recursion stays shallow.
      auto [smaller, larger] = divide(begin, end);
      if (smaller.size() > larger.size()) std::swap(smaller, larger);
      if (concerned(smaller)) sort(smaller.begin, smaller.end);
      if (!concerned(larger)) return;
      begin = larger.begin;
      end = larger.end;
    }
    insert_each(begin, end);
  }

  std::span<Element> all_;
  std::size_t first_, last_;
  const Less& less_;
};

}  // namespace terrace::types
