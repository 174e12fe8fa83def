// KeyEvents: tells the observers of keys what a unit has done to them: blocked clients, WATCH. Each change is told once,
// in one form, when its unit is committed.
// Invariant: a change that the log gets is told; eviction to disk, compaction and checkpoints change nothing and are not.
// Ownership: owned by the server; borrows the observers, which outlive it. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/record/record.h"

namespace terrace {

enum class KeyEvent : std::uint8_t {
  kChanged,    // its value, or its expiry, is another one
  kStored,     // it came to be, or got a new value as a whole
  kUnwatched,  // changed where Redis tells nobody who watches the key: its encoding, the groups of a stream
  kExtended,   // others may wait for what was added to its value
  kRemoved,    // by a command
  kExpired,    // by its time
  kFlushed,    // all keys of the database were removed
  kSwapped,    // the database's keys are another database's now
};

struct KeyChange {
  KeyEvent event;
  storage::ValueType type;  // of the value that is there, or that was
  unsigned database;
  std::string_view name;  // empty for kFlushed, kSwapped
};

class KeyObserver {
 public:
  virtual void at_key_change(const KeyChange& change) = 0;

 protected:
  ~KeyObserver() = default;
};

class KeyEvents {
 public:
  void add(KeyObserver& observer) { observers_.push_back(&observer); }

  // An observer waits for something, or no longer does. Names of keys are kept only while one does.
  void begin_interest() { ++interested_; }
  void end_interest() { --interested_; }
  bool wanted() const { return interested_ > 0; }

  void tell(const KeyChange& change) const {
    for (KeyObserver* observer : observers_) observer->at_key_change(change);
  }

 private:
  std::vector<KeyObserver*> observers_;
  unsigned interested_ = 0;
};

}  // namespace terrace
