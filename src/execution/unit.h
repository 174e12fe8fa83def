// Unit: calls that happen together: one for a plain command, many for EXEC. It gathers what they do, effects for the log
// and changes of keys, until its one commit (CommandRunner::commit) appends the effects to the log as one entry, notes
// the position for each changed key, and tells the observers.
//
// Invariants:
// - What a unit has changed is seen by no other unit until it is committed: a unit that suspends with changes stands in
//   OpenUnit, which keeps others away from its keys.
// - No checkpoint takes its mark between a unit's first change and its commit (OpenUnit).
// - Once it has changed something it is committed; there is no way to take changes back.
// Ownership: part of its CommandBatch; reused. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/effects.h"
#include "src/execution/key_events.h"
#include "storage/base/key.h"

namespace terrace {

class Unit {
 public:
  struct Change {
    std::uint64_t hash;  // of the key's name; of no meaning for a database as a whole
    std::uint32_t database;
    std::uint32_t name_size;
    std::size_t name_at;
    KeyEvent event;
    storage::ValueType type;
  };

  void begin() {
    effects_.clear();
    forget_changes();
    sole_effect_ = {};
    in_pieces_ = false;
    read_position_ = 0;
  }
  bool changed() const { return in_pieces_ || !changes_.empty() || !effects_.empty(); }

  // `keep_name`: somebody observes keys.
  void note(KeyEvent event, unsigned database, const storage::Key& key, storage::ValueType type, bool keep_name) {
    changes_.push_back({.hash = key.hash,
                        .database = database,
                        .name_size = keep_name ? static_cast<std::uint32_t>(key.name.size()) : 0,
                        .name_at = names_.size(),
                        .event = event,
                        .type = type});
    if (keep_name) names_ += key.name;
  }
  // All keys of a database, flushed or swapped.
  void note_database(KeyEvent event, unsigned database) {
    changes_.push_back({0, database, 0, 0, event, storage::ValueType::kString});
    whole_database_ = true;
  }
  const std::vector<Change>& changes() const { return changes_; }
  KeyChange observed(const Change& change) const {
    return {change.event, change.type, change.database,
            std::string_view(names_).substr(change.name_at, change.name_size)};
  }
  // It changed keys without naming them: all later reads depend on it.
  bool changed_whole_database() const { return whole_database_; }

  // A command as it came is its only effect: nothing is copied. `resp` stays until the unit is committed.
  void set_sole_effect(unsigned database, std::string_view resp) {
    sole_effect_ = resp;
    sole_database_ = database;
  }
  std::string_view sole_effect() const { return sole_effect_; }
  unsigned sole_database() const { return sole_database_; }

  Effects& effects() { return effects_; }
  const Effects& effects() const { return effects_; }

  // A part of its effects is in the log: nothing else is appended until its end is.
  bool in_pieces() const { return in_pieces_; }
  void append_begun() {
    in_pieces_ = true;
    effects_.clear();
  }

  // What its calls have read is durable at this position.
  void depend_on(std::uint64_t position) { read_position_ = std::max(read_position_, position); }
  std::uint64_t read_position() const { return read_position_; }

  // Of memory, for what it has gathered.
  std::size_t memory_bytes() const {
    return effects_.memory_bytes() + changes_.capacity() * sizeof(Change) + names_.capacity();
  }

  void forget_changes() {
    changes_.clear();
    names_.clear();
    whole_database_ = false;
  }
  // Gives back what a large unit has left.
  void shrink() {
    constexpr std::size_t kKeptChanges = 4096;
    effects_.shrink();
    if (changes_.capacity() > kKeptChanges) changes_ = std::vector<Change>();
    if (names_.capacity() > kKeptChanges) std::string().swap(names_);
  }

 private:
  Effects effects_;
  std::vector<Change> changes_;
  std::string names_;
  bool whole_database_ = false;
  std::string_view sole_effect_;
  unsigned sole_database_ = 0;
  bool in_pieces_ = false;
  std::uint64_t read_position_ = 0;
};

}  // namespace terrace
