// CellHeap: memory for many small pieces with any lifetime: records. Cells of one size share a span of 64 KiB. It does
// two things that a general allocator does not: sizes go in steps of 8 bytes instead of 16, and a span returns to the
// system when its last cell is freed, so that the resident set follows what is in use. Cells are aligned to 8 bytes.
// All spans lie in one range of addresses, which distinguishes cells from other memory.
// Ownership: the allocating code releases its cells; the destructor releases all that are left.
// Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrace::storage {

class CellHeap {
 public:
  static constexpr std::size_t kLargestCell = 4096;
  static constexpr std::size_t kSpanSize = 64 * 1024;
  // Empty spans that trim() leaves, so that alternating allocations and frees do not cost system calls and page faults.
  static constexpr std::size_t kSpareSpans = 16;
  // Above so many, an empty span returns to the system at once. Below, it waits for trim(): a batch that frees its
  // records empties a hundred spans in one turn, and each system call took 0.7 ms in a virtual machine.
  static constexpr std::size_t kMostSpareSpans = 256;

  CellHeap() = default;
  CellHeap(const CellHeap&) = delete;
  CellHeap& operator=(const CellHeap&) = delete;
  ~CellHeap();

  // nullptr if the size is larger than any cell, or if the system refuses memory.
  void* allocate(std::size_t size);
  bool owns(const void* memory) const { return reinterpret_cast<std::uintptr_t>(memory) - base_ < reserved_; }
  // `cell` must be one of this heap's.
  void release(void* cell);
  // Returns empty spans to the system, adjacent ones by one call: at most `most`, the longest empty first.
  void trim(std::size_t most);
  std::size_t size_of(const void* cell) const { return size_of_class(classes_[number_of(cell)]); }

  // Bytes of spans that hold cells or are kept as spares.
  std::size_t span_bytes() const { return (classes_.size() - idle_.size()) * kSpanSize; }

 private:
  struct Cell {
    Cell* next;
  };

  // At the start of each span.
  struct alignas(64) Span {
    std::uint32_t cell_size;
    std::uint32_t used;   // cells in use
    std::uint32_t fresh;  // where the cells begin that were never used, whose memory may never have been touched
    Cell* free;
    // In the list of its class's spans with room.
    Span* next;
    Span* previous;

    bool full() const { return !free && fresh + cell_size > kSpanSize; }
  };
  static_assert(sizeof(Span) == 64);

  // Steps of 8 bytes up to here, beyond it of 64, which is at most a ninth of a cell.
  static constexpr std::size_t kFineSizes = 512;
  static constexpr std::size_t kFineStep = 8;
  static constexpr std::size_t kCoarseStep = 64;
  static constexpr std::size_t kFineClasses = kFineSizes / kFineStep;
  static constexpr std::size_t kClasses = kFineClasses + (kLargestCell - kFineSizes) / kCoarseStep + 1;
  static_assert(kClasses <= 256);  // an element of classes_ is a byte

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
  void give_back(std::size_t number, std::size_t count);

  std::uintptr_t base_ = 0;
  std::size_t reserved_ = 0;  // bytes of address space
  std::size_t usable_ = 0;    // the part of it that may be touched
  // The class of each span that has been used, by number, in one array. The span headers, 64 KiB apart, compete for few
  // places in a processor's caches, and every write of a record needs its cell's size: to read the header took a
  // twentieth of a SET.
  std::vector<std::uint8_t> classes_;
  std::vector<std::uint32_t> idle_;   // numbers of spans that were returned to the system
  std::vector<std::uint32_t> spare_;  // numbers of empty spans, the longest empty first
  Span* with_room_[kClasses] = {};
};

}  // namespace terrace::storage
