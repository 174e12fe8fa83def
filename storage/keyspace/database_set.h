// DatabaseSet: all databases, by number and by id, and the indexes that FLUSHDB has detached, which are freed in
// slices.
// Ownership: owns the databases.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/keyspace/cut.h"
#include "storage/keyspace/database.h"
#include "storage/keyspace/keyspace.h"

namespace terrace::storage {

class DatabaseSet {
 public:
  // The sums over all indexes.
  struct Totals {
    std::uint64_t hot_keys = 0;
    std::uint64_t cold_keys = 0;
    std::uint64_t entries = 0;
    std::uint64_t index_bytes = 0;
  };

  DatabaseSet(const io::Environment& environment, SegmentTable& segments, Statistics& statistics, unsigned count);
  ~DatabaseSet();

  unsigned count() const { return static_cast<unsigned>(databases_.size()); }
  // The database as commands use it.
  Database& database(unsigned number) { return *databases_[number]; }
  // The database as the other parts of storage use it.
  Keyspace& operator[](unsigned number) { return databases_[number]->keyspace_; }
  const Keyspace& operator[](unsigned number) const { return databases_[number]->keyspace_; }
  // nullptr if the database with this id was flushed.
  Keyspace* by_id(std::uint32_t id) const {
    auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : it->second;
  }
  unsigned number_of(const Keyspace& keyspace) const;
  Totals totals() const;

  void swap(unsigned a, unsigned b);
  void flush(unsigned number);
  // For recovery: gives a database the id that it has in the checkpoint.
  Result<void> assign_id(unsigned number, std::uint32_t id);
  std::uint32_t next_id() const { return next_id_; }
  void set_next_id(std::uint32_t id) { next_id_ = id; }

  std::vector<CutDatabase> for_cut() const;
  // Frees an object that nothing refers to.
  void free_object(ObjectPointer object) { lazy_free_.add(std::move(object)); }
  // Notified when a needed image of an object is complete (Database::changeable).
  io::Event& object_serialized() { return object_serialized_; }
  // Waits until everything that was flushed is freed.
  io::Task<void> drain();

 private:
  io::Task<void> free_detached();
  void free_chain(Index& index, std::uint32_t chain);

  const io::Environment& environment_;
  SegmentTable& segments_;
  Statistics& statistics_;
  LazyFree lazy_free_;
  io::Event object_serialized_;
  std::vector<std::unique_ptr<Database>> databases_;
  std::unordered_map<std::uint32_t, Keyspace*> by_id_;
  std::uint32_t next_id_ = 0;
  std::deque<std::shared_ptr<Index>> detached_;
  bool freeing_ = false;
  io::Gate tasks_;
};

}  // namespace terrace::storage
