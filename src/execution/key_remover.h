// KeyRemover: runs commands on many keys on the server's own account: no client, no replies, effects logged as always.
// Ownership: borrows the dispatcher. Thread: the reactor's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/task.h"
#include "src/execution/client.h"
#include "src/execution/output_buffer.h"
#include "src/execution/services.h"

namespace terrace {

class KeyRemover {
 public:
  explicit KeyRemover(Services& services) : services_(services) {}

  // Looks each key up, which removes it, as a client's look would, if its time has indeed passed.
  io::Task<> remove_expired(unsigned database, std::span<const std::string> keys) {
    return run({"TYPE"}, database, keys);
  }
  // The same; of a hash that stays, some fields whose time has passed go.
  io::Task<> remove_expired_parts(unsigned database, std::span<const std::string> keys) {
    return run({"TERRACE", "EXPIRE"}, database, keys);
  }
  io::Task<> remove(unsigned database, std::span<const std::string> keys) { return run({"DEL"}, database, keys); }

 private:
  // `command` with each key for its last argument.
  io::Task<> run(std::vector<std::string_view> command, unsigned database, std::span<const std::string> keys);

  Services& services_;
  Client client_;
  OutputBuffer replies_;
};

}  // namespace terrace
