// LuaHeap: the memory of one interpreter, with a bound, charged to the ledger.
// Ownership: owned by Interpreter; outlives its lua_State. Thread: the reactor's.
#pragma once

#include <cstddef>

#include "storage/memory/ledger.h"

namespace terrace {

class LuaHeap {
 public:
  explicit LuaHeap(storage::Ledger& ledger) : ledger_(ledger), charge_(ledger, storage::Account::kScripts) {}

  // Changes the size of a block, as lua_Alloc wants it. nullptr: beyond the bound; the script gets an error.
  void* resize(void* block, std::size_t old_size, std::size_t size);
  std::size_t bytes() const { return bytes_; }
  // A share of `maxmemory`.
  std::size_t most_bytes() const;
  // Is so much used that a collection of garbage pays?
  bool is_crowded() const { return bytes_ > most_bytes() / 2; }

 private:
  void charge();

  storage::Ledger& ledger_;
  storage::LedgerCharge charge_;
  std::size_t bytes_ = 0;
};

}  // namespace terrace
