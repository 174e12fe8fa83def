// ModelUnit: commands that happen together, as the model executes them: what they read and what they change, for the
// history and for watched keys.
// Ownership: borrows the dataset, which it changes at once. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/clients/arguments.h"
#include "tests/simulation/clients/dataset.h"
#include "tests/simulation/clients/reply_value.h"

namespace terrace::simulation {

class ModelUnit {
 public:
  struct Change {
    KeyName key;
    DataPointer before;  // as it was found, nullptr if absent or expired
    DataPointer after;
  };

  ModelUnit(Dataset& dataset, unsigned database) : database_(database), dataset_(&dataset) {}

  // The reply to a command at this time. `actual` is what the server replied, for what it leaves to chance (SPOP).
  // A command that may wait for keys and finds nothing replies null.
  ReplyValue execute(const Arguments& arguments, std::int64_t now_ms, const ReplyValue& actual);

  // --- for the commands
  std::int64_t now_ms() const { return now_ms_; }
  unsigned database() const { return database_; }
  void select(unsigned database) { database_ = database; }
  unsigned database_count() const { return dataset_->database_count(); }
  // nullptr: absent or expired.
  DataPointer find(const std::string& name) { return find_in(database_, name); }
  DataPointer find_in(unsigned database, const std::string& name);
  void put(const std::string& name, DataValue value) { put_in(database_, name, std::move(value)); }
  void put_in(unsigned database, const std::string& name, DataValue value);
  void remove(const std::string& name) { remove_in(database_, name); }
  void remove_in(unsigned database, const std::string& name);
  // The names that are there now; the reply depends on the whole database.
  std::vector<std::string> all_names(unsigned database);
  // With those whose time has passed, which the server may or may not have removed.
  std::size_t most_names(unsigned database) const { return dataset_->keys(database).size(); }
  void swap(unsigned first, unsigned second);

  // --- what came of them
  const std::vector<KeyName>& read_keys() const { return read_keys_; }
  const std::vector<unsigned>& read_databases() const { return read_databases_; }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  void change(const KeyName& key, DataPointer after);

  unsigned database_;
  std::int64_t now_ms_ = 0;
  Dataset* dataset_;
  std::vector<KeyName> read_keys_;
  std::vector<unsigned> read_databases_;
  std::vector<Change> changes_;
};

// One command of the model. `actual`: see ModelUnit::execute.
using ModelCommand = ReplyValue (*)(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual);

// nullptr: the model does not know it. In lower case.
ModelCommand find_model_command(const std::string& name);

}  // namespace terrace::simulation
