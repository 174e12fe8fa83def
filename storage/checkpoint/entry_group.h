// EntryGroup: index entries of one database, packed for a checkpoint: some 6 bytes each where in memory an entry and
// what of the hash stands beside it are 11. In the order of the bits that tell the chain the hashes of neighbours are
// close, so their differences are short (Rice's code, R. F. Rice 1979); what else an entry says takes the same few
// values over and over; a location's parts take as many bits as the largest in the group. See FORMAT.md. Ownership:
// owns what is gathered. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/index/index_entry.h"

namespace terrace::storage {

class EntryGroup {
 public:
  // A group is packed at one go: some 30 microseconds.
  static constexpr std::size_t kMostEntries = 1024;
  // Bytes of an entry in a full group, whatever the entries are.
  static constexpr std::size_t kLargestEntry = 12;

  struct Item {
    std::uint64_t known_hash;
    IndexEntry entry;  // not hot
  };

  void add(std::uint64_t known_hash, IndexEntry entry) { items_.push_back({known_hash, entry}); }
  std::size_t size() const { return items_.size(); }
  bool full() const { return items_.size() >= kMostEntries; }

  // Appends what is gathered, at least one entry, and forgets it. `chain_bits`: so many low bits of the hash are the
  // same or close in neighbours.
  void pack(std::string& out, unsigned chain_bits);
  // Of what pack() made of `count` entries; empty: that makes no sense.
  static std::vector<Item> unpack(std::string_view bytes, std::uint64_t count);

 private:
  std::vector<Item> items_;
  std::vector<std::uint64_t> order_;  // for pack()
};

}  // namespace terrace::storage
