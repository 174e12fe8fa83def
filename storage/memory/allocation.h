// Allocation: where records, and what belongs to them, take their memory, and how much of it they were really given.
// Small ones are cells of the thread's CellHeap, larger ones the general allocator's.
// Thread: any, but what a thread allocated it also frees.
#pragma once

#include <cstddef>

namespace terrace::storage {

// Aligned to 8 bytes; never nullptr.
void* allocate(std::size_t size);
void release(void* memory);
std::size_t usable_size(const void* memory);
// Gives back to the system what the general allocator keeps of what this thread took and has been freed.
void give_back_freed();

// While `at_once`, what is freed of larger pieces goes back to the system at once, which costs a system call each, and
// to fault the memory in again. Otherwise the allocator keeps it for a while, some of it for ever. For all threads;
// returns what was said before. Threads that say different things at once may undo each other's word, until the next
// look at the memory says it again.
bool give_back_at_once(bool at_once);

// Frees, as `free` does it, what goes back to the system at once.
template <typename Free>
void free_at_once(const Free& free) {
  const bool before = give_back_at_once(true);
  free();
  give_back_at_once(before);
}

}  // namespace terrace::storage
