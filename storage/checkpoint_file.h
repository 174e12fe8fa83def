// CheckpointFile: the index and the list of segments as one file, written front to back and read front to back.
// See FORMAT.md. A file is a row of blocks of equal size,
//
//   | checksum u64 | magic u32 | version u32 | checkpoint serial u64 | block number u32 | payload size u32 | payload |
//
// whose payloads together are a row of items: database, entries, segments, end.
// Ownership: the writer and the reader own their file. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/environment.h"
#include "io/task.h"
#include "storage/aligned_buffer.h"
#include "storage/index_entry.h"
#include "storage/segment.h"

namespace terrace::storage {

class CheckpointWriter {
 public:
  static constexpr std::size_t kEntrySize = 11;  // in the file: hash bits and IndexEntry
  CheckpointWriter(io::Disk& disk, std::uint64_t serial) : disk_(disk), serial_(serial) {}

  io::Task<Result<void>> create();
  // Items gather in memory until write_full_blocks().
  void add_database(unsigned number, std::uint32_t id, std::uint64_t entries);
  // A cold entry of the database with this id, with all that is known of its hash.
  void add_entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold);
  void add_segment(const Segment& segment);
  io::Task<Result<void>> write_full_blocks();
  // Ends the file and makes it durable.
  io::Task<Result<void>> finish();
  // Closes and deletes an unfinished file.
  io::Task<void> discard();

  std::size_t gathered_bytes() const { return stream_.size(); }
  std::uint64_t written_bytes() const;

 private:
  void fill_block(AlignedBuffer& block, std::size_t payload_offset, std::size_t payload_size) const;
  io::Task<Result<void>> write_block(std::size_t payload_offset, std::size_t payload_size);
  void end_group();

  io::Disk& disk_;
  std::uint64_t serial_;
  io::FileHandle file_ = io::kNoFile;
  std::string stream_;
  std::string group_;  // entries of one database, gathered
  std::uint32_t group_database_ = 0;
  std::uint64_t group_entries_ = 0;
  std::uint64_t total_entries_ = 0;
  std::uint32_t next_block_ = 0;
};

// Takes the items of a checkpoint file in their order. An error ends the reading.
class CheckpointSink {
 public:
  virtual ~CheckpointSink() = default;
  virtual Result<void> database(unsigned number, std::uint32_t id, std::uint64_t entries) = 0;
  virtual Result<void> entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold) = 0;
  virtual Result<void> segment(std::unique_ptr<Segment> segment) = 0;
};

io::Task<Result<void>> read_checkpoint(io::Disk& disk, std::uint64_t serial, CheckpointSink& sink);

}  // namespace terrace::storage
