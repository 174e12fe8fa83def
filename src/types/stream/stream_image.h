// Stream images: a stream in RDB's encodings. Written as type 19 (STREAM_LISTPACKS_2). Of the types that are read, 15,
// of Redis 5, lacks entries_added and entries_read; 21, of Redis 7.2, has a further time of each consumer, which is
// ignored.
//
//   nodes: length, then each: 16 bytes of id as a string, its listpack as a string
//   length, last id, first id, max deleted id (a length for each half), entries added
//   groups: length, then each: name, last id, entries read,
//     pending: length, then each: id, i64 delivered ms, length deliveries
//     consumers: length, then each: name, i64 seen ms, pending: length, then each id
//
// Everything read is validated in every detail.
// Thread: pure functions.
#pragma once

#include <memory>

#include "src/types/encoding/rdb_reader.h"
#include "src/types/stream/stream.h"

namespace terrace::types {

enum class StreamImageVersion : std::uint8_t { kRedis5, kRedis7, kRedis72 };

class StreamImage {
 public:
  // nullptr: the image is not valid.
  static std::unique_ptr<Stream> read(RdbReader& reader, StreamImageVersion version);
  // For the store's own images.
  static std::unique_ptr<storage::ObjectBuilder> builder();

 private:
  static bool read_nodes(RdbReader& reader, Stream& stream);
  static bool read_counts(RdbReader& reader, StreamImageVersion version, Stream& stream);
};

}  // namespace terrace::types
