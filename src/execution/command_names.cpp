#include "src/execution/command_names.h"

#include "io/result.h"

namespace terrace {

void CommandNames::add(std::string_view name, CommandEntry& entry) {
  TERRACE_CHECK(find(name) == nullptr && count_ < kSlots / 2);
  const std::uint64_t beginning = beginning_of(name);
  std::size_t at = slot_of(beginning, name.size());
  while (slots_[at].entry != nullptr) at = (at + 1) % kSlots;
  slots_[at] = {beginning, name, &entry};
  ++count_;
}

// The others are added anew: each must be found from its slot on without a gap.
void CommandNames::remove(std::string_view name) {
  const CommandEntry* const removed = find(name);
  const std::array<Slot, kSlots> old = slots_;
  slots_ = {};
  count_ = 0;
  for (const Slot& slot : old) {
    if (slot.entry != nullptr && slot.entry != removed) add(slot.name, *slot.entry);
  }
}

}  // namespace terrace
