#include "src/execution/transaction.h"

#include <cstring>

#include "src/execution/command_table.h"

namespace terrace {

void Transaction::end() {
  if (!open_) return;
  *this = Transaction(std::move(charge_));
  charge_.resize(0);
}

char* Transaction::allocate(std::size_t size) {
  if (size > block_left_) {
    // A large request gets its own block; the current block is used further.
    const std::size_t block = size > kBlockSize / 2 ? size : kBlockSize;
    block_bytes_ += block;
    charge_.resize(memory_bytes());
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    if (block == size) return blocks_.back().get();
    block_next_ = blocks_.back().get();
    block_left_ = block;
  }
  char* place = block_next_;
  block_next_ += size;
  block_left_ -= size;
  return place;
}

void Transaction::queue(CommandEntry& entry, std::span<const std::string_view> arguments, std::string_view raw) {
  Queued call{&entry, arguments_.size(), arguments.size(), {}};
  flags_ |= entry.row->flags;
  copy(call, arguments, raw);
  calls_.push_back(call);
  const auto copied = arguments_of(call);
  plan_keys(entry, copied, database_, keys_);
  if (entry.row->selects != nullptr) database_ = entry.row->selects(copied).value_or(database_);
  charge_.resize(memory_bytes());
}

void Transaction::copy(Queued& call, std::span<const std::string_view> arguments, std::string_view raw) {
  for (const std::string_view argument : arguments) argument_bytes_ += argument.size();
  if (!raw.empty()) {
    char* copy = allocate(raw.size());
    std::memcpy(copy, raw.data(), raw.size());
    call.raw = {copy, raw.size()};
    for (const std::string_view argument : arguments) {
      arguments_.emplace_back(copy + (argument.data() - raw.data()), argument.size());
    }
    return;
  }
  for (const std::string_view argument : arguments) {
    char* copy = allocate(argument.size());
    if (!argument.empty()) std::memcpy(copy, argument.data(), argument.size());
    arguments_.emplace_back(copy, argument.size());
  }
}

std::size_t Transaction::memory_bytes() const {
  return block_bytes_ + calls_.capacity() * sizeof(Queued) + arguments_.capacity() * sizeof(std::string_view) +
         keys_.capacity() * sizeof(PlannedKey);
}

}  // namespace terrace
