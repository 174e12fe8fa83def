#include "storage/memory/cell_heap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace terrace::storage {
namespace {

// Fills and checks whole cells, so that any that overlap would show.
struct Block {
  unsigned char* bytes;
  std::size_t size;
  unsigned char fill;

  Block(CellHeap& heap, std::size_t asked, unsigned char with)
      : bytes(static_cast<unsigned char*>(heap.allocate(asked))), size(heap.size_of(bytes)), fill(with) {
    std::memset(bytes, fill, size);
  }
  bool intact() const {
    return std::all_of(bytes, bytes + size, [this](unsigned char byte) { return byte == fill; });
  }
};

std::size_t resident_pages(const void* memory, std::size_t bytes) {
  std::vector<unsigned char> pages(bytes / 4096);
  const auto start = reinterpret_cast<std::uintptr_t>(memory) & ~(CellHeap::kSpanSize - 1);
  EXPECT_EQ(mincore(reinterpret_cast<void*>(start), bytes, pages.data()), 0);
  return static_cast<std::size_t>(
      std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

TEST(CellHeapTest, CellsFitWhatIsAskedFor) {
  CellHeap heap;
  for (std::size_t size = 0; size <= CellHeap::kLargestCell; ++size) {
    void* cell = heap.allocate(size);
    ASSERT_NE(cell, nullptr);
    EXPECT_TRUE(heap.owns(cell));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(cell) % 8, 0u);
    EXPECT_GE(heap.size_of(cell), size);
    EXPECT_LT(heap.size_of(cell), size + (size <= 512 ? 9 : 64)) << size;
    heap.release(cell);
  }
  EXPECT_EQ(heap.allocate(CellHeap::kLargestCell + 1), nullptr);
  EXPECT_FALSE(heap.owns(&heap));
}

TEST(CellHeapTest, NothingIsItsBeforeTheFirstCell) {
  const CellHeap heap;
  EXPECT_FALSE(heap.owns(&heap));
  EXPECT_FALSE(heap.owns(nullptr));
}

TEST(CellHeapTest, CellsNeverOverlap) {
  CellHeap heap;
  std::mt19937_64 random(1);
  std::vector<Block> blocks;
  for (int step = 0; step < 200'000; ++step) {
    // In waves, so that spans fill, empty, and go over to other sizes.
    const bool growing = step / 20'000 % 2 == 0;
    if (blocks.empty() || random() % 10 < (growing ? 7 : 3)) {
      const std::size_t size = random() % 4 ? random() % 200 : random() % (CellHeap::kLargestCell + 1);
      blocks.emplace_back(heap, size, static_cast<unsigned char>(random()));
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      ASSERT_TRUE(blocks.back().intact());
      heap.release(blocks.back().bytes);
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) ASSERT_TRUE(block.intact());
}

TEST(CellHeapTest, SmallCellsWasteNearlyNothing) {
  CellHeap heap;
  constexpr std::size_t kCells = 1'000'000;
  for (std::size_t i = 0; i < kCells; ++i) heap.allocate(56);
  EXPECT_LT(static_cast<double>(heap.span_bytes()) / kCells, 56.2);
}

TEST(CellHeapTest, MemoryGoesBackWhenCellsDoInAnyOrder) {
  CellHeap heap;
  std::mt19937_64 random(2);
  std::vector<void*> cells;
  for (int i = 0; i < 500'000; ++i) {
    cells.push_back(heap.allocate(40 + random() % 80));
    std::memset(cells.back(), 1, 40);
  }
  const std::size_t peak = heap.span_bytes();
  void* lowest = *std::min_element(cells.begin(), cells.end());
  EXPECT_GT(resident_pages(lowest, peak) * 4096, peak * 9 / 10);
  std::shuffle(cells.begin(), cells.end(), random);
  for (void* cell : cells) heap.release(cell);
  EXPECT_EQ(heap.span_bytes(), CellHeap::kMostSpareSpans * CellHeap::kSpanSize);
  EXPECT_LE(resident_pages(lowest, peak) * 4096, heap.span_bytes());
  heap.trim(10);
  EXPECT_EQ(heap.span_bytes(), (CellHeap::kMostSpareSpans - 10) * CellHeap::kSpanSize);
  EXPECT_LE(resident_pages(lowest, peak) * 4096, heap.span_bytes());
  heap.trim(CellHeap::kMostSpareSpans);
  EXPECT_EQ(heap.span_bytes(), CellHeap::kSpareSpans * CellHeap::kSpanSize);
  EXPECT_LE(resident_pages(lowest, peak) * 4096, CellHeap::kSpareSpans * CellHeap::kSpanSize);
  // And it is taken again before any other.
  for (int i = 0; i < 500'000; ++i) heap.allocate(40 + random() % 80);
  EXPECT_LE(heap.span_bytes(), peak * 101 / 100);
}

}  // namespace
}  // namespace terrace::storage
