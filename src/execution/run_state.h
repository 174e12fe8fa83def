// RunState: what a batch of commands has and gathers while it runs: its fetched_records, the running command's keys, what it
// misses, what it changed, its effects. Kept and reused, so that a command costs no allocation.
// Ownership: owned by the batch's execution. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "src/execution/effects.h"
#include "src/execution/key_wait.h"
#include "storage/base/key.h"
#include "storage/base/location.h"
#include "storage/record/fetched_records.h"
#include "storage/record/object_copy.h"

namespace terrace {

struct RunState {
  // of the batch
  storage::FetchedRecords fetched_records;
  std::vector<storage::Location> missing;  // must be read before the command can go on

  // of the running command
  storage::FetchedRecords heads;                 // records without their values, for scans
  std::vector<storage::Location> missing_heads;  // must be read there
  std::unique_ptr<storage::ObjectCopy> copy;     // to be made before it goes on, or made
  unsigned copies_begun = 0;
  std::vector<storage::Key> keys;  // that its table row names, hashed once
  std::size_t next_key = 0;        // where the next look-up of a key most likely finds it
  std::vector<std::uint64_t> changed_hashes;
  Effects expirations;  // DELs of keys found expired, logged before the command's own effects
  Effects effects;
  bool effects_replaced = false;  // propagate() or propagate_nothing() was called
  bool unlisted_keys = false;     // it looked at keys that its row does not name
  std::uint64_t random = 0;
  bool blocks = false;  // it asked to wait for keys:
  KeyWait wait;
  bool served = false;  // it has waited, and runs again because of this key
  std::string_view served_key;

  // Nothing must be read, or made, before it goes on.
  bool complete() const { return missing.empty() && missing_heads.empty() && !copy; }

  void begin_command() {
    begin_run();
    if (!heads.empty()) heads.clear();
    copy.reset();
    copies_begun = 0;
    changed_hashes.clear();
    expirations.clear();
    unlisted_keys = false;
    served = false;
  }
  // Before each run of the same command. Keys that an earlier run found expired stay removed and gathered.
  void begin_run() {
    missing.clear();
    missing_heads.clear();
    next_key = 0;
    effects.clear();
    effects_replaced = false;
    blocks = false;
  }
  void end_batch() {
    copy.reset();
    fetched_records.clear();
    heads.clear();
    expirations.shrink();
    effects.shrink();
  }
};

}  // namespace terrace
