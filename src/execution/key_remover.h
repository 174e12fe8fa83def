// KeyRemover: removes keys for the server itself: without a client and without replies; the effects are logged. Works in
// slices.
// Ownership: borrows the dispatcher. Thread: the reactor's.
#pragma once

#include <span>
#include <string>

#include "io/clock.h"
#include "io/task.h"
#include "src/execution/command_table.h"
#include "src/execution/dispatcher.h"
#include "src/execution/origin.h"
#include "src/execution/output_buffer.h"
#include "src/execution/session.h"

namespace terrace {

class KeyRemover {
 public:
  KeyRemover(Dispatcher& dispatcher, io::Clock& clock);

  // Removes those of the keys that are expired. A key whose head is among `heads` need not be read.
  io::Task<> remove_expired(unsigned database, std::span<const std::string> keys,
                            storage::FetchedRecords* heads = nullptr) {
    return run(expire_key_, database, keys, heads);
  }
  // The same, and removes some of the expired fields of hashes.
  io::Task<> remove_expired_parts(unsigned database, std::span<const std::string> keys) {
    return run(expire_parts_, database, keys);
  }
  io::Task<> remove(unsigned database, std::span<const std::string> keys) { return run(evict_, database, keys); }
  // For how long the next removals run before others do.
  void set_turn_us(std::int64_t turn_us) { origin_.turn_ns = static_cast<std::uint64_t>(turn_us) * 1000; }

 private:
  // Runs the row for each key, which is its argument.
  io::Task<> run(CommandEntry& entry, unsigned database, std::span<const std::string> keys,
                 storage::FetchedRecords* heads = nullptr);

  Dispatcher& dispatcher_;
  io::Clock& clock_;
  CommandEntry expire_key_;
  CommandEntry expire_parts_;
  CommandEntry evict_;
  Origin origin_ = kServerOrigin;
  Session session_;
  OutputBuffer replies_;
};

}  // namespace terrace
