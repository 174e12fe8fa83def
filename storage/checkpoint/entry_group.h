// EntryGroup: index entries of one database, packed for a checkpoint: some 6 bytes for each, where memory takes 11 for
// an entry with the rest of its hash. In the order of the chains, neighbours have close hashes, so their differences
// are short (Rice coding, R. F. Rice 1979); the entries' other bits take few different values; the fields of a location
// take as many bits as the largest in the group. See FORMAT.md.
// Ownership: owns what is gathered.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/index/index_entry.h"

namespace terrace::storage {

class EntryGroup {
 public:
  // A group is packed in one step of some 30 microseconds.
  static constexpr std::size_t kMostEntries = 1024;
  // The most bytes that an entry in a full group takes.
  static constexpr std::size_t kLargestEntry = 12;

  struct Item {
    std::uint64_t known_hash;
    IndexEntry entry;  // not hot
  };

  void add(std::uint64_t known_hash, IndexEntry entry) { items_.push_back({known_hash, entry}); }
  std::size_t size() const { return items_.size(); }
  bool full() const { return items_.size() >= kMostEntries; }

  // Appends the gathered entries, at least one, and clears them. `chain_bits`: the number of low bits of the hash that
  // select the chain.
  void pack(std::string& out, unsigned chain_bits);
  // Unpacks what pack() made of `count` entries; empty: it is malformed.
  static std::vector<Item> unpack(std::string_view bytes, std::uint64_t count);

 private:
  std::vector<Item> items_;
  std::vector<std::uint64_t> order_;  // for pack()
};

}  // namespace terrace::storage
