// Allocation: where records, and what belongs to them, take their memory, and how much of it they were really given.
// Thread: any, but what the reactor allocated it also frees.
#pragma once

#include <cstddef>

#ifdef TERRACE_MIMALLOC
#include <mimalloc.h>
#else
#include <malloc.h>

#include <cstdlib>
#endif

#include "io/result.h"

namespace terrace::storage {

#ifdef TERRACE_MIMALLOC
inline void* allocate(std::size_t size) {
  void* memory = mi_malloc(size);
  TERRACE_CHECK(memory != nullptr);
  return memory;
}
inline void release(void* memory) {
  mi_free(memory);
}
inline std::size_t usable_size(const void* memory) {
  return mi_usable_size(memory);
}
#else
inline void* allocate(std::size_t size) {
  void* memory = std::malloc(size);
  TERRACE_CHECK(memory != nullptr);
  return memory;
}
inline void release(void* memory) {
  std::free(memory);
}
inline std::size_t usable_size(const void* memory) {
  return malloc_usable_size(const_cast<void*>(memory));
}
#endif

}  // namespace terrace::storage
