#include "storage/memory/allocation.h"

#ifdef TERRACE_MIMALLOC
#include <mimalloc.h>

#include "storage/memory/cell_heap.h"
#else
#include <malloc.h>

#include <cstdlib>
#endif

#include "io/result.h"

namespace terrace::storage {

#ifdef TERRACE_MIMALLOC

namespace {

thread_local CellHeap heap;

}  // namespace

void* allocate(std::size_t size) {
  void* memory = heap.allocate(size);
  if (!memory) memory = mi_malloc(size);
  TERRACE_CHECK(memory != nullptr);
  return memory;
}

void release(void* memory) {
  if (heap.owns(memory)) {
    heap.release(memory);
  } else {
    mi_free(memory);
  }
}

std::size_t usable_size(const void* memory) {
  return heap.owns(memory) ? heap.size_of(memory) : mi_usable_size(memory);
}

bool give_back_at_once(bool at_once) {
  static const long usual_delay_ms = mi_option_get(mi_option_decommit_delay);
  const bool before = mi_option_get(mi_option_decommit_delay) == 0;
  mi_option_set(mi_option_decommit_delay, at_once ? 0 : usual_delay_ms);
  return before;
}

void give_back_freed() {
  heap.trim(CellHeap::kMostSpareSpans);
  free_at_once([] { mi_collect(true); });
}

void give_back_spans(std::size_t bytes) {
  heap.trim(bytes / CellHeap::kSpanSize);
}

#else

// Sanitizers need each allocation to come from their own allocator.
void* allocate(std::size_t size) {
  void* memory = std::malloc(size);
  TERRACE_CHECK(memory != nullptr);
  return memory;
}

void release(void* memory) {
  std::free(memory);
}

std::size_t usable_size(const void* memory) {
  return malloc_usable_size(const_cast<void*>(memory));
}

void give_back_freed() {
  malloc_trim(0);
}

void give_back_spans(std::size_t) {}

bool give_back_at_once(bool) {
  return true;
}

#endif

}  // namespace terrace::storage
