// Stream images: a stream in RDB's encodings. Written as type 19 (STREAM_LISTPACKS_2). Of the types that are read, 15,
// of Redis 5, lacks entries_added and entries_read; 21, of Redis 7.2, has a further time of each consumer, when it was
// last active, behind the other. Type 19 does not: as in Redis, it counts as the time when it was seen. The store's own
// images have it behind all the rest, which images of earlier versions lack.
//
//   nodes: length, then each: 16 bytes of id as a string, its listpack as a string
//   length, last id, first id, max deleted id (a length for each half), entries added
//   groups: length, then each: name, last id, entries read,
//     pending: length, then each: id, i64 delivered ms, length deliveries
//     consumers: length, then each: name, i64 seen ms, pending: length, then each id
//   in the store's own images: i64 active ms (-1: never) of each consumer of each group, in the same order
//
// Everything read is validated in every detail.
// Thread: pure functions.
#pragma once

#include <memory>

#include "src/types/encoding/rdb_reader.h"
#include "src/types/stream/stream.h"

namespace terrace::types {

enum class StreamImageVersion : std::uint8_t { kRedis5, kRedis7, kRedis72 };

class StreamParts;

class StreamImage {
 public:
  // nullptr: the image is not valid.
  static std::unique_ptr<Stream> read(RdbReader& reader, StreamImageVersion version);
  // Appends type 19, for DUMP.
  static void append(std::string& out, const Stream& stream);
  // For the store's own images.
  static std::unique_ptr<storage::ObjectBuilder> builder();

  // Writes what fits into the budget. False: there is more.
  static bool put(std::string& out, StreamParts& parts, const Stream& stream);

 private:
  static bool read_nodes(RdbReader& reader, Stream& stream);
  // False: these are no times of all its consumers.
  static bool read_active_times(RdbReader& reader, Stream& stream);
  static bool read_counts(RdbReader& reader, StreamImageVersion version, Stream& stream);
};

}  // namespace terrace::types
