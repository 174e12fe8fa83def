#include "src/scripting/lua_heap.h"

#include <algorithm>
#include <cstdlib>

namespace terrace {
namespace {

constexpr std::size_t kLeastBound = 16 << 20;
constexpr std::size_t kMostBound = 1 << 30;
constexpr std::size_t kShare = 4;
// The ledger is told in steps.
constexpr std::size_t kStep = 64 << 10;

}  // namespace

std::size_t LuaHeap::most_bytes() const {
  return ledger_.limit() == 0 ? kMostBound : std::clamp<std::size_t>(ledger_.limit() / kShare, kLeastBound, kMostBound);
}

void* LuaHeap::resize(void* block, std::size_t old_size, std::size_t size) {
  if (block == nullptr) old_size = 0;
  if (size == 0) {
    std::free(block);
  } else {
    if (size > old_size && bytes_ + (size - old_size) > most_bytes()) return nullptr;
    block = std::realloc(block, size);
    if (block == nullptr) return nullptr;
  }
  bytes_ = bytes_ - old_size + size;
  if (bytes_ > charge_.bytes() || charge_.bytes() - bytes_ > 2 * kStep) charge();
  return size == 0 ? nullptr : block;
}

void LuaHeap::charge() {
  charge_.resize((bytes_ + kStep - 1) / kStep * kStep);
}

}  // namespace terrace
