// KeyEvents: tells the observers of keys (blocked clients, WATCH) what a unit has changed. Each change is told once,
// when its unit is committed.
// Invariant: every change that is logged is told; eviction to disk, compaction and checkpoints are not changes.
// Ownership: owned by the server; borrows the observers, which outlive it. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "storage/record/record.h"

namespace terrace {

enum class KeyEvent : std::uint8_t {
  kChanged,        // the value, or the expiry, has changed
  kStored,         // the key was created, or its value replaced
  kUnseen,         // Redis tells neither WATCH nor caching clients: of the encoding, of the groups of a stream
  kFieldsExpired,  // fields were removed (WatchedKeys compares their times)
  kExtended,       // the value has grown in place, and clients may wait for that
  kRemoved,        // a command has removed the key
  kExpired,        // the key was removed because it had expired
  kFlushed,        // all keys of the database were removed
  kSwapped,        // the database was exchanged with another one
  kReplaced,       // by that exchange the key has another value, or none
};

struct KeyChange {
  KeyEvent event;
  storage::ValueType type;  // of the value, or of the removed value
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

  // An observer begins or ceases to be interested in keys. Names of changed keys are kept only while one is interested.
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
