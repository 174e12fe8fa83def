// Stream images: a stream in RDB's encodings. It is written in that of type 19 (STREAM_LISTPACKS_2); 15, of Redis 5,
// knows no entries_added and entries_read, 21, of Redis 7.2, has a further time of each consumer, which is passed over.
//
//   nodes: length, then each: 16 bytes of id as a string, its listpack as a string
//   length, last id, first id, max deleted id (a length for each half), entries added
//   groups: length, then each: name, last id, entries read,
//     pending: length, then each: id, i64 delivered ms, length deliveries
//     consumers: length, then each: name, i64 seen ms, pending: length, then each id
//
// What is read is checked in every detail. Thread: plain functions.
#pragma once

#include <memory>

#include "src/types/encoding/rdb_reader.h"
#include "src/types/stream/stream.h"

namespace terrace::types {

enum class StreamImageVersion : std::uint8_t { kRedis5, kRedis7, kRedis72 };

class StreamImage {
 public:
  // nullptr: it is no stream.
  static std::unique_ptr<Stream> read(RdbReader& reader, StreamImageVersion version);
  // Of the store's own images.
  static std::unique_ptr<storage::ObjectBuilder> builder();

 private:
  static bool read_nodes(RdbReader& reader, Stream& stream);
  static bool read_counts(RdbReader& reader, StreamImageVersion version, Stream& stream);
};

}  // namespace terrace::types
