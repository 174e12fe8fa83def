// CellHeap: memory for what is small, many, and lives as long as it likes: records. Cells of one size share a span of
// 64 KiB. Two things a general allocator does not do for them: sizes go in steps of 8 bytes and not of 16, and a span
// whose last cell is freed goes back to the system at once, so that the resident set follows what is in use.
// Cells are aligned to 8 bytes. Spans lie in one range of addresses, which tells a cell from all other memory.
// Ownership: whoever allocates a cell releases it; the destructor takes back all of them. Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrace::storage {

class CellHeap {
 public:
  static constexpr std::size_t kLargestCell = 4096;
  static constexpr std::size_t kSpanSize = 64 * 1024;
  // Empty spans that stay with the heap, so that what comes and goes does not cost system calls and page faults.
  static constexpr std::size_t kSpareSpans = 16;

  CellHeap() = default;
  CellHeap(const CellHeap&) = delete;
  CellHeap& operator=(const CellHeap&) = delete;
  ~CellHeap();

  // nullptr if the size is larger than any cell, or if the system refuses.
  void* allocate(std::size_t size);
  bool owns(const void* memory) const { return reinterpret_cast<std::uintptr_t>(memory) - base_ < reserved_; }
  // Of a cell that it owns.
  void release(void* cell);
  std::size_t size_of(const void* cell) const { return size_of_class(classes_[number_of(cell)]); }

  // Bytes of spans that hold cells or are kept for some.
  std::size_t span_bytes() const { return (classes_.size() - idle_.size()) * kSpanSize; }

 private:
  struct Cell {
    Cell* next;
  };

  // At the start of its 64 KiB.
  struct alignas(64) Span {
    std::uint32_t cell_size;
    std::uint32_t used;   // cells
    std::uint32_t fresh;  // where the cells begin that were never used, and whose memory may never have been touched
    Cell* free;
    // Of its class's spans with room, or of the spare ones.
    Span* next;
    Span* previous;

    bool full() const { return !free && fresh + cell_size > kSpanSize; }
  };
  static_assert(sizeof(Span) == 64);

  // Steps of 8 bytes up to here, then of 64, which is a ninth of a cell at most.
  static constexpr std::size_t kFineSizes = 512;
  static constexpr std::size_t kFineStep = 8;
  static constexpr std::size_t kCoarseStep = 64;
  static constexpr std::size_t kFineClasses = kFineSizes / kFineStep;
  static constexpr std::size_t kClasses = kFineClasses + (kLargestCell - kFineSizes) / kCoarseStep + 1;
  static_assert(kClasses <= 256);  // a byte in classes_

  static constexpr std::size_t class_of(std::size_t size) {
    return size <= kFineSizes ? (size + kFineStep - 1) / kFineStep
                              : kFineClasses + (size - kFineSizes + kCoarseStep - 1) / kCoarseStep;
  }
  static constexpr std::size_t size_of_class(std::size_t size_class) {
    return size_class <= kFineClasses ? size_class * kFineStep : kFineSizes + (size_class - kFineClasses) * kCoarseStep;
  }
  std::size_t number_of(const void* memory) const {
    return (reinterpret_cast<std::uintptr_t>(memory) - base_) / kSpanSize;
  }
  static Span* span_of(const void* cell) {
    return reinterpret_cast<Span*>(reinterpret_cast<std::uintptr_t>(cell) & ~(kSpanSize - 1));
  }

  Span* open_span(std::size_t size_class);
  void* take_span();
  bool reserve();
  bool make_usable(std::size_t bytes);
  void link(Span* span);
  void unlink(Span* span);
  void give_back(Span* span);

  std::uintptr_t base_ = 0;
  std::size_t reserved_ = 0;  // bytes of addresses
  std::size_t usable_ = 0;    // of them, such as may be touched
  // Of all spans that have been used, by number, side by side. Their starts, 64 KiB apart, compete for a few places in
  // a processor's caches, and every write of a record asks for its size: to look there took a twentieth of a SET.
  std::vector<std::uint8_t> classes_;
  std::vector<std::uint32_t> idle_;  // numbers of those that were given back
  Span* spare_ = nullptr;
  std::size_t spare_count_ = 0;
  Span* with_room_[kClasses] = {};
};

}  // namespace terrace::storage
