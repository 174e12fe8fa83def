// KeyRemover: removes keys on the server's own account: no client, no replies, effects logged as always.
// Ownership: borrows the dispatcher. Thread: the reactor's.
#pragma once

#include <span>
#include <string>

#include "io/clock.h"
#include "io/task.h"
#include "src/execution/command_table.h"
#include "src/execution/dispatcher.h"
#include "src/execution/output_buffer.h"
#include "src/execution/session.h"

namespace terrace {

class KeyRemover {
 public:
  KeyRemover(Dispatcher& dispatcher, io::Clock& clock);

  // Each removes nothing but what has indeed expired when it comes to the key.
  io::Task<> remove_expired(unsigned database, std::span<const std::string> keys) {
    return run(expire_key_, database, keys);
  }
  // The same; of a hash that stays, some fields whose time has passed go.
  io::Task<> remove_expired_parts(unsigned database, std::span<const std::string> keys) {
    return run(expire_parts_, database, keys);
  }
  io::Task<> remove(unsigned database, std::span<const std::string> keys) { return run(evict_, database, keys); }

 private:
  // The row with each key for its argument.
  io::Task<> run(CommandEntry& entry, unsigned database, std::span<const std::string> keys);

  Dispatcher& dispatcher_;
  io::Clock& clock_;
  CommandEntry expire_key_;
  CommandEntry expire_parts_;
  CommandEntry evict_;
  Session session_;
  OutputBuffer replies_;
};

}  // namespace terrace
