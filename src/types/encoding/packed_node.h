// PackedNode: a few dozen names with their values, packed into one allocation:
//
//   | next u64 | count u16 | slots u16 | used u16 | capacity u16 | tags u8[slots] | offsets u16[slots] | entries |
//
//   entry:  | name size u8 | value size u8 (in tables with values) | name | value |
//           | 255          | pointer to a Blob |                                        a larger entry
//
// A tag is 8 bits of the name's hash: a look-up reads all tags together, and rarely a wrong entry. Sizes from
// kFurther on are reserved. Entries have no order. A node has at most Layout::max_bytes; a bucket needs a second one
// only if nearly all its names have the same hash.
// Ownership: PackedTable owns nodes; a node owns its blobs.
// Thread: the reactor's.
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
  // Names shorter than this, and values up to this many bytes, lie in the node.
  static constexpr std::size_t kFurther = 254;  // as a size: reserved for other forms of entries
  static constexpr std::uint8_t kBlobMark = 255;

  PackedNode* next;
  std::uint16_t count;
  std::uint16_t slots;
  std::uint16_t used;      // bytes of entries
  std::uint16_t capacity;  // bytes for entries

  // The index of the entry with this name; kNone if there is none.
  unsigned find(std::string_view name, std::uint8_t tag, const Layout& layout) const;
  Entry entry(unsigned index, const Layout& layout) const;
  std::string_view packed(unsigned index, const Layout& layout) const;
  std::uint8_t tag(unsigned index) const { return tags()[index]; }

  // --- changes; the caller's pointer is updated, `footprint` grows by what the allocator gives
  // Makes room for this many further bytes and entries; false if the node would become too large.
  static bool reserve(PackedNode*& node, std::size_t bytes, unsigned entries, const Layout& layout,
                      std::ptrdiff_t& footprint);
  // Appends an entry; false if the node would become too large. A null node is created.
  static bool append(PackedNode*& node, std::uint8_t tag, const Entry& entry, const Layout& layout,
                     std::ptrdiff_t& footprint);
  static bool set_value(PackedNode*& node, unsigned index, std::string_view value, const Layout& layout,
                        std::ptrdiff_t& footprint);
  // Moves an entry unchanged, with its blob, behind those of another node; false if that would become too large.
  static bool move(PackedNode* from, unsigned index, PackedNode*& to, const Layout& layout, std::ptrdiff_t& footprint);
  // Removes an entry; the node stays, even if it is empty. The last entry gets its index.
  static void erase(PackedNode*& node, unsigned index, const Layout& layout, std::ptrdiff_t& footprint);
  // Frees the node without its blobs, or with them.
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
  // Changes the number of bytes of an entry.
  void resplice(unsigned index, std::size_t old_size, std::size_t new_size);
};

static_assert(sizeof(PackedNode) == 16);

}  // namespace terrace::types
