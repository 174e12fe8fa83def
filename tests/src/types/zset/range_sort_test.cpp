// A range of indexes holds the elements of the fully sorted sequence.
#include "src/types/zset/range_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace terrace::types {
namespace {

TEST(RangeSort, TheRangeIsAsIfAllWereSorted) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t size = 1 + random() % 200;
    const unsigned values = round % 2 == 0 ? 5 : 100000;  // many equal ones, hardly any
    std::vector<unsigned> numbers(size);
    for (unsigned& number : numbers) number = static_cast<unsigned>(random() % values);
    if (round % 7 == 0) std::sort(numbers.begin(), numbers.end());
    auto sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t first = random() % size, last = first + random() % (size - first);
    RangeSort(std::span(numbers), first, last, [](unsigned a, unsigned b) { return a < b; });
    for (std::size_t at = first; at <= last; ++at) ASSERT_EQ(numbers[at], sorted[at]) << at << " of " << size;
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers, sorted);
  }
}

}  // namespace
}  // namespace terrace::types
