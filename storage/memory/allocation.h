// Allocation: the memory of records and of what belongs to them, with the size that the allocator really gave. Small
// pieces are cells of the thread's CellHeap, larger ones come from the general allocator.
// Thread: any, but a thread frees only what it allocated.
#pragma once

#include <cstddef>

namespace terrace::storage {

// Aligned to 8 bytes; never nullptr.
void* allocate(std::size_t size);
void release(void* memory);
std::size_t usable_size(const void* memory);
// Returns to the system the free memory that is kept for this thread.
void give_back_freed();
// Returns empty spans of this thread's cells, at most so many bytes. To be called often: until then they stay resident.
void give_back_spans(std::size_t bytes);

// While `at_once` is set, freed memory of larger pieces returns to the system at once. Each costs a system call, and
// page faults when the memory is used again. Otherwise the allocator keeps the memory for a while, and some of it until
// the process ends. Applies to all threads; returns the previous setting. Threads that set different values at the same
// time may undo each other's setting, until the next look at the memory sets it again.
bool give_back_at_once(bool at_once);

// Calls `free`; what it frees returns to the system at once.
template <typename Free>
void free_at_once(const Free& free) {
  const bool before = give_back_at_once(true);
  free();
  give_back_at_once(before);
}

}  // namespace terrace::storage
