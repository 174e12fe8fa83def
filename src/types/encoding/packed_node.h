// PackedNode: a few dozen names with their values, packed into one allocation:
//
//   | next u64 | count u16 | slots u16 | used u16 | capacity u16 | tags u8[slots] | offsets u16[slots] | entries |
//   entry: | name size u8 | value size u8 (in tables with values) | name | value |
//          | 255, pointer to a Blob |                    larger ones; sizes from kFurther on are kept free
//
// A tag is 8 bits of the name's hash: a look-up reads the tags at one go and hardly ever an entry in vain. Entries have
// no order. A node is at most Layout::max_bytes; only names that nearly all have the same hash ever need a second one.
// Ownership: PackedTable owns nodes; a node owns its blobs. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace terrace::types {

struct PackedNode {
  static constexpr std::size_t kMaxNodeBytes = 60 * 1024;

  // The same for all nodes of a table.
  struct Layout {
    bool has_values = true;
    std::uint16_t max_bytes = kMaxNodeBytes;  // of a node
  };

  struct Entry {
    std::string_view name;
    std::string_view value;
  };

  static constexpr unsigned kNone = ~0u;
  // Names below and values up to this many bytes lie in the node.
  static constexpr std::size_t kFurther = 254;  // as a size: room for entries that say more of themselves
  static constexpr std::uint8_t kBlobMark = 255;

  PackedNode* next;
  std::uint16_t count;
  std::uint16_t slots;
  std::uint16_t used;      // bytes of entries
  std::uint16_t capacity;  // bytes for entries

  // Which entry has this name, kNone if none has.
  unsigned find(std::string_view name, std::uint8_t tag, const Layout& layout) const;
  Entry entry(unsigned index, const Layout& layout) const;
  std::string_view packed(unsigned index, const Layout& layout) const;
  std::uint8_t tag(unsigned index) const { return tags()[index]; }

  // --- what changes it; the pointer is the caller's to update, `footprint` grows by what the allocator gave
  // Makes room for so many further bytes and entries; false if the node would become too large.
  static bool reserve(PackedNode*& node, std::size_t bytes, unsigned entries, const Layout& layout,
                      std::ptrdiff_t& footprint);
  // Appends an entry; false if the node would become too large. A null node is made.
  static bool append(PackedNode*& node, std::uint8_t tag, const Entry& entry, const Layout& layout,
                     std::ptrdiff_t& footprint);
  static bool set_value(PackedNode*& node, unsigned index, std::string_view value, const Layout& layout,
                        std::ptrdiff_t& footprint);
  // Moves an entry as it is, blob and all, behind those of another node; false if that would become too large.
  static bool move(PackedNode* from, unsigned index, PackedNode*& to, const Layout& layout, std::ptrdiff_t& footprint);
  // Takes an entry away; the node stays, maybe empty. The last entry takes its index.
  static void erase(PackedNode*& node, unsigned index, const Layout& layout, std::ptrdiff_t& footprint);
  // Frees the node alone, or with its blobs.
  static void release(PackedNode* node, std::ptrdiff_t& footprint);
  static void destroy(PackedNode* node, std::ptrdiff_t& footprint);

 private:
  std::uint8_t* tags() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* tags() const { return const_cast<PackedNode*>(this)->tags(); }
  char* entries() { return reinterpret_cast<char*>(this + 1) + std::size_t{slots} * 3; }
  const char* entries() const { return const_cast<PackedNode*>(this)->entries(); }
  std::uint16_t offset(unsigned index) const {
    std::uint16_t offset;
    std::memcpy(&offset, tags() + slots + index * sizeof offset, sizeof offset);
    return offset;
  }
  void set_offset(unsigned index, std::size_t offset) {
    const auto narrow = static_cast<std::uint16_t>(offset);
    std::memcpy(tags() + slots + index * sizeof narrow, &narrow, sizeof narrow);
  }
  static bool append_packed(PackedNode*& node, std::uint8_t tag, std::string_view packed, const Layout& layout,
                            std::ptrdiff_t& footprint);
  // Another number of bytes in the place of an entry's.
  void resplice(unsigned index, std::size_t old_size, std::size_t new_size);
};

static_assert(sizeof(PackedNode) == 16);

}  // namespace terrace::types
