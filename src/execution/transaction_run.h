// TransactionRun: how far an EXEC has come: which of the queued calls runs, whether its unit has been opened, the replies
// so far.
// Ownership: part of its CommandBatch. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/execution/call.h"
#include "storage/memory/ledger.h"

namespace terrace {

struct TransactionRun {
  explicit TransactionRun(storage::LedgerCharge charge) : replies_charge(std::move(charge)) {}

  bool active = false;
  bool opened = false;       // its first call has begun: nothing else comes between the calls any more
  bool suspended = false;    // stands in OpenUnit
  bool alone = false;        // after an error, each call has read what it alone needs
  std::size_t read_for = 0;  // 1 + the call that has had read what it alone needs
  unsigned rounds = 0;       // of looking for what must be read, before it was opened
  std::size_t next = 0;      // the call to run
  std::uint64_t begin_ns = 0;
  std::size_t call_keys = 0;  // keys of `exec` that are its calls'; the watched ones follow
  std::size_t looked_up = 0;  // of these, those looked up in this round
  Call exec;                  // EXEC itself; its keys are those of all calls and those that are watched
  std::string replies;        // EXEC's own so far, until the unit is committed
  storage::LedgerCharge replies_charge;

  void begin(std::uint64_t now_ns) {
    active = true;
    opened = suspended = alone = false;
    rounds = 0;
    looked_up = 0;
    next = read_for = 0;
    begin_ns = now_ns;
    replies.clear();
  }
  void end() {
    constexpr std::size_t kKeptReplies = 16 << 10;
    constexpr std::size_t kKeptKeys = 512;
    active = opened = suspended = false;
    if (replies.capacity() > kKeptReplies) std::string().swap(replies);
    replies_charge.resize(replies.capacity());
    if (exec.keys.capacity() > kKeptKeys) exec.keys = std::vector<PlannedKey>();
  }
};

}  // namespace terrace
