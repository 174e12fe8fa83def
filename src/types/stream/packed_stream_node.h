// PackedStreamNode: a stream's node (stream_node.h) in about two thirds of its listpack's memory, or far less where its
// texts compress; for nodes to which nothing is added any more. What is read is the listpack, made again bit for bit.
//
//   | live entries | last id's distance from the node's: ms, sequence | size of the body before LZ4, 0: it is as it was
//   | | body: | entries | fields of the master entry | their names | of each field: 1 + the size that all its values
//   have, |         or 0 | entries: | head | [sequence] | [fields] | values, or fields and values ... | head: bit 0
//   deleted
//         bit 1    fields of its own
//         bits 2-3 id: 0: the next sequence, and so for as many entries more as the further bits say, which have the
//                  same head; 1: as many ms more as they say, sequence 0; 2: the same, and a sequence follows
//   text: | 2 * its size | its bytes |, or | 2 * the integer + 1 |; without the size where all have the same
//
// Numbers are varints, those that may be negative zigzag. Ownership and thread: plain functions of bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/types/stream/stream_id.h"

namespace terrace::types {

class PackedStreamNode {
 public:
  // Larger nodes, which only large entries make, stay as they are: to unpack them would take too long.
  static constexpr std::size_t kMostBytes = std::size_t{64} * 1024;

  // nullopt if an eighth is not saved, or if the listpack says something in a way that is not said here.
  static std::optional<std::string> pack(const StreamId& id, std::string_view listpack);
  // `listpack` must have the size that it had.
  static bool unpack(const StreamId& id, std::string_view packed, std::string& listpack);
  static std::int64_t live(std::string_view packed);
  static StreamId last_id(const StreamId& id, std::string_view packed);
};

}  // namespace terrace::types
