// Call: one command planned before it is admitted: its row, its arguments, its keys with database and access. Everything
// that asks for a command's keys asks plan_keys(): residency, the gate, the open unit, COMMAND GETKEYS.
// Ownership: borrows row and arguments, which stay where they are while the call runs; reused from call to call, so that
// a call costs no allocation. Thread: the reactor's.
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
  unsigned database;
  bool overwritten = false;  // it gets a new value whatever it holds: that need not be read
};

struct Call {
  CommandEntry* entry = nullptr;
  std::span<const std::string_view> arguments;
  std::string_view raw;  // the command as it came in RESP; empty if it came otherwise
  std::vector<PlannedKey> keys;
  std::uint64_t random = 0;  // the same in each run of the handler

  std::size_t next_key = 0;                   // where the next look-up of a key most likely finds it
  std::unique_ptr<storage::ObjectCopy> copy;  // to be made before the handler runs again, or made
  unsigned copies_begun = 0;
  bool unlisted_keys = false;     // it looked at keys that its row does not name
  bool effects_replaced = false;  // propagate() or propagate_nothing() was called
  bool changed = false;           // something other than expired keys
  bool blocks = false;            // it asked to wait for keys:
  KeyWait wait;
  bool served = false;  // it has waited, and runs again because of this key
  std::string_view served_key;

  const Command& row() const { return *entry->row; }

  void begin(CommandEntry& command, std::span<const std::string_view> request, std::string_view resp) {
    entry = &command;
    arguments = request;
    raw = resp;
    keys.clear();
    copy.reset();
    copies_begun = 0;
    unlisted_keys = false;
    served = false;
    begin_run();
  }
  // Before each run of the handler.
  void begin_run() {
    next_key = 0;
    effects_replaced = false;
    changed = false;
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

// Appends the keys of a command that is given in `database`, hashed, each in the database it is looked up in. Where the
// arguments do not fit, those found so far: the handler answers with the error.
void plan_keys(const CommandEntry& entry, std::span<const std::string_view> arguments, unsigned database,
               std::vector<PlannedKey>& keys);

}  // namespace terrace
