// TransactionRun: the state of an EXEC under way: which of the queued calls runs, whether its unit is open, the replies
// so far. A script that is not queued uses `active`, `opened` and `suspended` likewise.
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
  bool opened = false;         // the first call has begun: no other unit changes the unit's keys before its commit
  bool suspended = false;      // OpenUnit has it
  bool frees_records = false;  // of earlier calls, over several turns
  bool alone = false;          // after an error: records are read for one call at a time
  unsigned moments = 0;        // that it has left to eviction since it last had pages read
  std::size_t read_for = 0;    // 1 + the last call for which records were read so
  unsigned rounds = 0;         // of reading before the unit was opened
  std::size_t next = 0;        // the call to run
  std::uint64_t begin_ns = 0;
  std::size_t call_keys = 0;        // the first so many keys of `exec` are those of its calls; the watched keys follow
  std::size_t looked_up = 0;        // the first so many of them have been looked up in this round
  std::uint64_t missing_pages = 0;  // that these miss
  Call exec;                        // EXEC itself; its keys are those of all calls and the watched keys
  std::string replies;              // of the calls, until the unit is committed
  storage::LedgerCharge replies_charge;

  void begin(std::uint64_t now_ns) {
    active = true;
    opened = suspended = frees_records = alone = false;
    rounds = 0;
    looked_up = 0;
    next = read_for = 0;
    moments = 0;
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
