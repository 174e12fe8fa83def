// PackedStreamNode: a stream's node in about two thirds of its listpack's memory, or far less if its texts compress;
// for nodes to which nothing is added any more. Unpacking makes the same listpack again, bit for bit.
//
//   node:   | live entries | last id - the node's: ms, sequence | body's size before LZ4, 0: not compressed | body |
//   body:   | entries | fields of the master entry | their names |
//           | for each field: 1 + the size that all its values have, or 0 | entries: |
//   entry:  | head | [sequence] | [fields] | values, or fields and values ... |
//   head:   bit 0     deleted
//           bit 1     not the master entry's fields
//           bits 2-3  id: 0: the next sequence; the same head for as many more entries as the further bits hold
//                         1: as many ms later as the further bits hold, sequence 0
//                         2: the same, and a sequence follows
//   text:   | 2 * its size | its bytes |, or | 2 * the integer + 1 |; without the size if all values have the same
//
// Numbers are varints; those that may be negative are zigzag-coded.
// Ownership and thread: pure functions of bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/types/stream/stream_id.h"

namespace terrace::types {

class PackedStreamNode {
 public:
  // Larger nodes, which only large entries make, are not packed: to unpack them would take too long.
  static constexpr std::size_t kMostBytes = std::size_t{64} * 1024;

  // nullopt if it saves less than an eighth, or if the listpack has an encoding that unpacking would not reproduce.
  static std::optional<std::string> pack(const StreamId& id, std::string_view listpack);
  // `listpack` must have the size of the packed listpack.
  static bool unpack(const StreamId& id, std::string_view packed, std::string& listpack);
  static std::int64_t live(std::string_view packed);
  static StreamId last_id(const StreamId& id, std::string_view packed);
};

}  // namespace terrace::types
