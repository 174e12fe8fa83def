// CheckpointFile: the index and the list of segments as one file, written and read from front to back. See FORMAT.md. A
// file is a sequence of blocks of equal size:
//
//   | checksum u64 | magic u32 | version u32 | checkpoint serial u64 | block number u32 | payload size u32 | payload |
//
// The payloads together are a sequence of items: attachment, databases, entries, segments, end.
// Ownership: the writer and the reader own their file.
// Thread: the reactor's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "io/environment.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"
#include "storage/checkpoint/entry_group.h"
#include "storage/index/index_entry.h"
#include "storage/segment/segment.h"

namespace terrace::storage {

class CheckpointWriter {
 public:
  // Whether an entry comes from the walk through the index, in the order of its chains, or in no order.
  enum class Order : bool { kOfChains, kNone };

  CheckpointWriter(io::Disk& disk, std::uint64_t serial) : disk_(disk), serial_(serial) {}

  io::Task<Result<void>> create();
  // Items are gathered in memory until write_full_blocks(). `chain_bits`: the number of low bits of a hash that select
  // the chain.
  void add_database(unsigned number, std::uint32_t id, std::uint64_t entries, unsigned chain_bits);
  // A cold entry of the database with this id, which must have been added, with the known bits of its hash.
  void add_entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold, Order order);
  void add_segment(const Segment& segment);
  void add_attachment(std::string_view bytes);
  io::Task<Result<void>> write_full_blocks();
  // Ends the file and makes it durable.
  io::Task<Result<void>> finish();
  // Closes and deletes an unfinished file.
  io::Task<void> discard();

  std::uint64_t written_bytes() const;
  std::uint64_t total_entries() const { return total_entries_; }

 private:
  void fill_block(AlignedBuffer& block, std::size_t payload_offset, std::size_t payload_size) const;
  io::Task<Result<void>> write_block(std::size_t payload_offset, std::size_t payload_size);
  // Entries of one database. Those in order are gathered separately: the closer they are, the shorter they become.
  struct Gathered {
    std::uint32_t database_id = 0;
    EntryGroup entries;
  };
  void end_group(Gathered& group);
  void end_groups();

  io::Disk& disk_;
  std::uint64_t serial_;
  io::FileHandle file_ = io::kNoFile;
  std::string stream_;
  std::array<Gathered, 2> groups_;                // by Order
  std::map<std::uint32_t, unsigned> chain_bits_;  // of each database
  std::uint64_t total_entries_ = 0;
  std::uint32_t next_block_ = 0;
};

// Receives the items of a checkpoint file in their order. An error ends the reading.
class CheckpointSink {
 public:
  virtual ~CheckpointSink() = default;
  virtual Result<void> database(unsigned number, std::uint32_t id, std::uint64_t entries) = 0;
  virtual Result<void> entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold) = 0;
  virtual Result<void> segment(std::unique_ptr<Segment> segment) = 0;
  virtual Result<void> attachment(std::string_view bytes) = 0;
};

io::Task<Result<void>> read_checkpoint(io::Disk& disk, std::uint64_t serial, CheckpointSink& sink);

}  // namespace terrace::storage
