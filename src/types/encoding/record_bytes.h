// RecordBytes: a record's value as bytes that an editor (ListpackEditor) can grow and shrink.
// Ownership: borrows the record. The record may move; record() is where it is.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/keyspace/database.h"

namespace terrace::types {

class RecordBytes {
 public:
  // The record must be marked as changed (Context::change) before its bytes change.
  RecordBytes(storage::Database& database, storage::Record* record) : database_(database), record_(record) {}

  storage::Record* record() const { return record_; }
  void set_record(storage::Record* record) { record_ = record; }
  storage::Database& database() const { return database_; }

  char* data() { return record_->value(); }
  std::size_t size() const { return record_->value_size(); }
  void resize(std::size_t size) { record_ = database_.resize(record_, static_cast<std::uint32_t>(size)); }

 private:
  storage::Database& database_;
  storage::Record* record_;
};

}  // namespace terrace::types
