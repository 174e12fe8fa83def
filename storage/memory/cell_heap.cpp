#include "storage/memory/cell_heap.h"

#include <sys/mman.h>

#include <algorithm>

#include "io/result.h"

namespace terrace::storage {

namespace {

// More than any machine has; address space costs nothing. A smaller range is used where address space is limited.
constexpr std::size_t kMostReserved = std::size_t{1} << 40;
constexpr std::size_t kLeastReserved = std::size_t{1} << 30;
// The range is made accessible in steps: a system that does not overcommit counts accessible memory.
constexpr std::size_t kUsableStep = 32 * 1024 * 1024;

}  // namespace

CellHeap::~CellHeap() {
  if (reserved_) ::munmap(reinterpret_cast<void*>(base_), reserved_);
}

void* CellHeap::allocate(std::size_t size) {
  if (size > kLargestCell) return nullptr;
  const std::size_t size_class = std::max<std::size_t>(class_of(size), 1);
  Span* span = with_room_[size_class];
  if (!span) {
    span = open_span(size_class);
    if (!span) return nullptr;
  }
  void* cell = span->free;
  if (cell) {
    span->free = span->free->next;
  } else {
    cell = reinterpret_cast<char*>(span) + span->fresh;
    span->fresh += span->cell_size;
  }
  ++span->used;
  if (span->full()) unlink(span);
  return cell;
}

void CellHeap::release(void* memory) {
  Span* span = span_of(memory);
  TERRACE_CHECK(span->used > 0);
  const bool was_full = span->full();
  Cell* cell = static_cast<Cell*>(memory);
  cell->next = span->free;
  span->free = cell;
  if (was_full) link(span);
  if (--span->used == 0) {
    unlink(span);
    spare_.push_back(static_cast<std::uint32_t>(number_of(span)));
    if (spare_.size() > kMostSpareSpans) trim(1);
  }
}

CellHeap::Span* CellHeap::open_span(std::size_t size_class) {
  void* memory = take_span();
  if (!memory) return nullptr;
  Span* span = ::new (memory) Span{};
  span->cell_size = static_cast<std::uint32_t>(size_of_class(size_class));
  span->fresh = sizeof(Span);
  classes_[number_of(span)] = static_cast<std::uint8_t>(size_class);
  link(span);
  return span;
}

void* CellHeap::take_span() {
  std::size_t number = classes_.size();
  if (std::vector<std::uint32_t>& empty = spare_.empty() ? idle_ : spare_; !empty.empty()) {
    number = empty.back();
    empty.pop_back();
  } else {
    if (!make_usable((number + 1) * kSpanSize)) return nullptr;
    classes_.push_back(0);
  }
  return reinterpret_cast<void*>(base_ + number * kSpanSize);
}

bool CellHeap::make_usable(std::size_t bytes) {
  if (bytes <= usable_) return true;
  if ((!reserved_ && !reserve()) || usable_ + kUsableStep > reserved_) return false;
  if (::mprotect(reinterpret_cast<void*>(base_ + usable_), kUsableStep, PROT_READ | PROT_WRITE) != 0) return false;
  usable_ += kUsableStep;
  return true;
}

bool CellHeap::reserve() {
  for (std::size_t bytes = kMostReserved; bytes >= kLeastReserved; bytes /= 2) {
    void* memory = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) continue;
    // A huge page would stay resident for one span in it. Kernels without huge pages may refuse.
    static_cast<void>(::madvise(memory, bytes, MADV_NOHUGEPAGE));
    const auto start = reinterpret_cast<std::uintptr_t>(memory);
    base_ = (start + kSpanSize - 1) & ~(kSpanSize - 1);
    reserved_ = bytes - kSpanSize;
    if (base_ > start) ::munmap(memory, base_ - start);
    if (const std::uintptr_t end = base_ + reserved_; end < start + bytes) {
      ::munmap(reinterpret_cast<void*>(end), start + bytes - end);
    }
    return true;
  }
  return false;
}

void CellHeap::link(Span* span) {
  Span*& first = with_room_[classes_[number_of(span)]];
  span->previous = nullptr;
  span->next = first;
  if (first) first->previous = span;
  first = span;
}

void CellHeap::unlink(Span* span) {
  (span->previous ? span->previous->next : with_room_[classes_[number_of(span)]]) = span->next;
  if (span->next) span->next->previous = span->previous;
}

void CellHeap::trim(std::size_t most) {
  if (spare_.size() <= kSpareSpans) return;
  const auto end = spare_.begin() + static_cast<std::ptrdiff_t>(std::min(most, spare_.size() - kSpareSpans));
  std::sort(spare_.begin(), end);
  for (auto first = spare_.begin(), last = first; first != end; first = last) {
    while (last != end && *last - *first == last - first) ++last;
    give_back(*first, static_cast<std::size_t>(last - first));
  }
  idle_.insert(idle_.end(), spare_.begin(), end);
  spare_.erase(spare_.begin(), end);
}

void CellHeap::give_back(std::size_t number, std::size_t count) {
  TERRACE_CHECK(::madvise(reinterpret_cast<void*>(base_ + number * kSpanSize), count * kSpanSize, MADV_DONTNEED) == 0);
}

}  // namespace terrace::storage
