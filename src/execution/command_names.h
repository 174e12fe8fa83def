// CommandNames: finds commands by name, in any case: a sparse hash table of the names' beginnings in lower case.
// Ownership: part of CommandTable; borrows names and entries. Thread: the reactor's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "src/text/ignoring_case.h"

namespace terrace {

struct CommandEntry;

class CommandNames {
 public:
  // The name must stay where it is, and must not be here yet.
  void add(std::string_view name, CommandEntry& entry);
  void remove(std::string_view name);
  CommandEntry* find(std::string_view name) const {
    const std::uint64_t beginning = beginning_of(name);
    for (std::size_t at = slot_of(beginning, name.size());; at = (at + 1) % kSlots) {
      const Slot& slot = slots_[at];
      if (slot.entry == nullptr) return nullptr;
      if (slot.beginning != beginning || slot.name.size() != name.size()) continue;
      if (name.size() <= kBeginning || equals_ignoring_case(slot.name, name)) return slot.entry;
    }
  }

 private:
  static constexpr std::size_t kSlots = 1024;  // more than twice the number of commands in Redis: probes stay short
  static constexpr std::size_t kBeginning = 8;

  struct Slot {
    std::uint64_t beginning = 0;
    std::string_view name;
    CommandEntry* entry = nullptr;
  };

  // The first eight bytes, in lower case. They are not copied into a word and read back: that read would wait for
  // earlier stores to finish (store forwarding fails), which took a twentieth of a SET.
  static std::uint64_t beginning_of(std::string_view name) {
    std::uint64_t bytes = 0;
    for (const char letter : name.substr(0, kBeginning)) bytes = bytes << 8 | static_cast<unsigned char>(letter);
    return lower(bytes);
  }
  // Eight bytes at the same time. A byte is a capital if adding the first term carries into its highest bit and adding
  // the second does not; bytes above 127 are none.
  static std::uint64_t lower(std::uint64_t bytes) {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const std::uint64_t low_bits = bytes & kEach * 0x7F;
    const std::uint64_t from_a = low_bits + kEach * (0x80 - 'A');
    const std::uint64_t behind_z = low_bits + kEach * (0x7F - 'Z');
    const std::uint64_t capitals = (from_a ^ behind_z) & ~bytes & kEach * 0x80;
    return bytes | capitals >> 2;
  }
  static std::size_t slot_of(std::uint64_t beginning, std::size_t size) {
    return ((beginning ^ size) * 0x9E3779B97F4A7C15ull >> 40) % kSlots;
  }

  std::array<Slot, kSlots> slots_;
  std::size_t count_ = 0;
};

}  // namespace terrace
