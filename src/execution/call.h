// Call: one command with what is known of it before it runs: its row, its arguments, its keys with their databases.
// All that asks for a command's keys uses find_keys(): plan_keys() for residency, the reply gate and the open unit, ACL,
// and COMMAND GETKEYS.
// Ownership: borrows row and arguments, which must stay while the call runs; reused for the next call, so that a call
// costs no allocation. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/execution/command_table.h"
#include "src/execution/key_wait.h"
#include "storage/base/key.h"
#include "storage/record/object_copy.h"

namespace terrace {

struct PlannedKey {
  storage::Key key;
  unsigned database = 0;
  bool overwritten = false;  // the command replaces the value without reading it
  bool only_read = false;    // the command does not change the value
  bool head_only = false;    // the command does not need the value
};

struct Call {
  CommandEntry* entry = nullptr;
  std::span<const std::string_view> arguments;
  std::string_view raw;  // the RESP of the command; empty if it did not come as RESP
  std::vector<PlannedKey> keys;
  std::uint64_t random = 0;  // the same in each run of the handler

  std::size_t next_key = 0;                   // index in `keys` where the next look-up begins
  std::unique_ptr<storage::ObjectCopy> copy;  // asked for by the handler: made before its next run
  unsigned copies_begun = 0;
  bool unlisted_keys = false;     // the handler looked up keys that the row does not name
  bool effects_replaced = false;  // propagate() or propagate_nothing() was called
  bool changed = false;           // the handler changed something; the removal of expired keys does not count
  bool lacks_memory = false;      // the handler needs the batch's wanted_for_work
  bool blocks = false;            // the handler asked to wait for keys:
  KeyWait wait;
  bool served = false;  // the call has waited and runs again because of this key:
  std::string_view served_key;
  bool monitored = false;  // MONITOR was told of it when it began to wait

  const Command& row() const { return *entry->row; }

  // A further command, in the selected database: plans its keys.
  void begin(CommandEntry& command, std::span<const std::string_view> request, std::string_view resp,
             unsigned database);
  // Before each run of the handler.
  void begin_run() {
    next_key = 0;
    effects_replaced = false;
    changed = false;
    lacks_memory = false;
    blocks = false;
  }
};

// One key among a command's arguments.
struct KeyPosition {
  std::uint32_t argument;
  std::string_view flags;  // of the key specification that found it
};

// Appends the keys that the row's specifications find. False if the arguments do not fit the specifications.
bool find_keys(const Command& command, std::span<const std::string_view> arguments, std::vector<KeyPosition>& keys);

// What the command does with this key, if that depends on the arguments: not what its specification says.
std::string_view flags_of(const Command& command, std::span<const std::string_view> arguments, const KeyPosition& key);

// Appends the keys of a command whose selected database is `database`, each with its hash and with the database in
// which it is looked up. If the arguments do not fit the specifications, appends the keys found so far: the handler
// replies the error.
void plan_keys(const CommandEntry& entry, std::span<const std::string_view> arguments, unsigned database,
               std::vector<PlannedKey>& keys);

}  // namespace terrace
