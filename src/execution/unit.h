// Unit: the calls that take effect together: one for a plain command, many for EXEC. A unit gathers their effects for
// the log and their changes of keys. Its commit (CommandRunner::commit) appends the effects to the log as one entry,
// notes the position for each changed key, and tells the observers and the listeners.
//
// Invariants:
// - No other unit sees the changes of a unit before its commit: OpenUnit keeps the keys of a suspended unit from
//   others.
// - No checkpoint takes its mark between the first change of a unit and its commit (Engine::begin_unit).
// - A unit that has changed something is committed: changes cannot be taken back.
// Ownership: part of its CommandBatch; reused. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/effects.h"
#include "src/execution/key_events.h"
#include "src/execution/notices.h"
#include "storage/base/key.h"

namespace terrace {

class Unit {
 public:
  struct Change {
    std::uint64_t hash;  // of the key's name; without meaning for a change of a whole database
    std::uint32_t database;
    std::uint32_t name_size;
    std::size_t name_at;
    KeyEvent event;
    storage::ValueType type;
  };

  void begin() {
    effects_.clear();
    forget_changes();
    if (!notices_.empty()) notices_.clear();
    sole_effect_ = {};
    in_pieces_ = false;
    read_position_ = 0;
  }
  bool changed() const { return in_pieces_ || !changes_.empty() || !effects_.empty(); }

  // `keep_name`: there are observers, who are told the name.
  void note(KeyEvent event, unsigned database, const storage::Key& key, storage::ValueType type, bool keep_name) {
    changes_.push_back({.hash = key.hash,
                        .database = database,
                        .name_size = keep_name ? static_cast<std::uint32_t>(key.name.size()) : 0,
                        .name_at = names_.size(),
                        .event = event,
                        .type = type});
    if (keep_name) names_ += key.name;
  }
  // A database was flushed or swapped.
  void note_database(KeyEvent event, unsigned database) {
    changes_.push_back({0, database, 0, 0, event, storage::ValueType::kString});
    whole_database_ = true;
  }
  const std::vector<Change>& changes() const { return changes_; }
  KeyChange observed(const Change& change) const {
    return {change.event, change.type, change.database,
            std::string_view(names_).substr(change.name_at, change.name_size)};
  }
  // The unit has changed keys without naming them: all later reads depend on it.
  bool changed_whole_database() const { return whole_database_; }

  // The unit's only effect is a command as it came. `resp` is not copied and must stay until the unit is committed.
  void set_sole_effect(unsigned database, std::string_view resp) {
    sole_effect_ = resp;
    sole_database_ = database;
  }
  std::string_view sole_effect() const { return sole_effect_; }
  unsigned sole_database() const { return sole_database_; }

  // What it tells clients that listen.
  Notices& notices() { return notices_; }
  const Notices& notices() const { return notices_; }

  Effects& effects() { return effects_; }
  const Effects& effects() const { return effects_; }

  // A part of the effects is in the log: nothing else may be appended before the rest is.
  bool in_pieces() const { return in_pieces_; }
  void append_begun() {
    in_pieces_ = true;
    effects_.clear();
  }

  // What the unit has read is durable when the log is durable up to this position.
  void depend_on(std::uint64_t position) { read_position_ = std::max(read_position_, position); }
  std::uint64_t read_position() const { return read_position_; }

  // The memory of the effects and changes so far.
  std::size_t memory_bytes() const {
    return effects_.memory_bytes() + changes_.capacity() * sizeof(Change) + names_.capacity() + notices_.memory_bytes();
  }

  void forget_changes() {
    changes_.clear();
    names_.clear();
    whole_database_ = false;
  }
  // Frees the buffers that a large unit has left.
  void shrink() {
    constexpr std::size_t kKeptChanges = 4096;
    effects_.shrink();
    notices_.shrink();
    if (changes_.capacity() > kKeptChanges) changes_ = std::vector<Change>();
    if (names_.capacity() > kKeptChanges) std::string().swap(names_);
  }

 private:
  Effects effects_;
  std::vector<Change> changes_;
  std::string names_;
  Notices notices_;
  bool whole_database_ = false;
  std::string_view sole_effect_;
  unsigned sole_database_ = 0;
  bool in_pieces_ = false;
  std::uint64_t read_position_ = 0;
};

}  // namespace terrace
