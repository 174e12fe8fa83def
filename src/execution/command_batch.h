// CommandBatch: the commands that one session has sent together, and the state of their execution: which command runs,
// in which unit, with which records, and for what the batch waits. Batches are pooled: a new batch needs no allocation,
// and its bytes are still in the processor's cache.
// Ownership: owned by CommandBatchPool, lent to a connection for one batch. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/sync.h"
#include "src/execution/call.h"
#include "src/execution/origin.h"
#include "src/execution/output_buffer.h"
#include "src/execution/session.h"
#include "src/execution/transaction_run.h"
#include "src/execution/unit.h"
#include "src/resp/request.h"
#include "storage/base/location.h"
#include "storage/memory/ledger.h"
#include "storage/record/fetched_records.h"

namespace terrace {

struct CommandBatch {
  enum class Wait : std::uint8_t {
    kNothing,
    kFetch,     // for the records that `missing` names
    kRoom,      // for memory
    kPause,     // for the end of CLIENT PAUSE
    kAsync,     // for a handler that suspends
    kSent,      // memory is short: for replies to be sent
    kTurn,      // for its next turn: other batches run first
    kKeys,      // blocked: for keys, in BlockedClients
    kImage,     // a checkpoint is copying a large value that the command changes: for the end of the copy
    kServing,   // blocked clients come first at the command's keys: for them to be served
    kEviction,  // a moment for eviction, while the open unit runs
    kLogRoom,   // for the log to write pieces of the open unit
    kUnit,      // the open unit has the command's keys: for its commit
    kMemory,    // for its turn in the memory queue: what it reads or replies is large
  };
  // While memory is short, a batch with more unsent bytes of replies waits.
  static constexpr std::size_t kMaxUnsentWhenShort = 16 << 10;
  static constexpr std::size_t kNone = ~std::size_t{0};

  Session* session = nullptr;
  const Origin* origin = &kClientOrigin;
  OutputBuffer* output = nullptr;
  RequestBatch requests;
  CommandEntry* fixed_entry = nullptr;  // if not null: the row of all requests, none of the command table's
  std::size_t next = 0;                 // the request to run
  std::size_t prefetched = 0;           // requests before this one have been prefetched
  std::size_t fetched_for = kNone;      // the last request for which records were read
  std::int64_t now_ms = 0;              // wall clock; stands still inside a unit

  // The running call, and the unit and transaction of which it is a part.
  Unit unit;
  Call call;
  TransactionRun transaction;
  std::string* replies = nullptr;  // where the call's reply is appended

  // The records that were read for the batch, and those that must be read before it can continue.
  storage::FetchedRecords fetched_records;
  std::vector<storage::Location> missing;
  storage::FetchedRecords heads;  // records without their values, for scans
  std::vector<storage::Location> missing_heads;

  Wait wait = Wait::kNothing;
  bool looked_ahead = false;  // `missing` includes records of later requests
  bool look_ahead = true;     // false after an error: shows which request's page is bad
  bool rerun = false;         // the handler has run and asked for further records
  std::string error;          // the reply to the request that waits: its records cannot be read, or do not fit
  io::Event unblocked;
  std::vector<std::string> rewritten;  // the arguments of the blocked request, if they differ from those that came

  // What the request must take from the memory queue before it is run (again), and what it has taken for its reply and
  // its work. What it has taken for values is charged in `fetched_records`.
  std::uint64_t wanted_for_reply = 0;
  std::uint64_t wanted_for_work = 0;  // Context::take_memory
  std::uint64_t wanted_for_values = 0;
  storage::LedgerCharge reserved;

  // For the arguments of a large unit that waits for room, or for the effects that an open unit has gathered.
  storage::LedgerCharge unit_charge;

  explicit CommandBatch(storage::Ledger& ledger)
      : transaction(storage::LedgerCharge(ledger, storage::Account::kReplies)),
        fetched_records(ledger),
        heads(ledger),
        reserved(ledger, storage::Account::kReserved),
        unit_charge(ledger, storage::Account::kUnits),
        requests_charge_(ledger, storage::Account::kQueryBuffers) {}

  void begin(Session& speaker, OutputBuffer& out, const Origin& from, std::int64_t time_ms) {
    session = &speaker;
    output = &out;
    replies = &out.bytes();
    origin = &from;
    now_ms = time_ms;
    next = 0;
    prefetched = 0;
    fetched_for = kNone;
    look_ahead = true;
    rerun = false;
    wait = Wait::kNothing;
    // The last client may have gone away in the middle of its batch.
    fixed_entry = nullptr;
    looked_ahead = false;
    error.clear();
    missing.clear();
  }
  // The handler needs no further record and no copy of an object.
  bool complete() const { return missing.empty() && missing_heads.empty() && !call.copy; }
  bool done() const { return next >= requests.requests.size(); }
  // Called when the request is answered.
  void release_memory() {
    if (wanted_for_reply + wanted_for_work + wanted_for_values == 0) return;
    wanted_for_reply = wanted_for_work = wanted_for_values = 0;
    reserved.resize(0);
    fetched_records.unreserve();
  }
  // Its unit has been opened: it is run to its end even if the client goes away.
  bool must_end() const { return transaction.opened; }

  // Copies `bytes` and lets the batch's views into them point to the copy: the caller may release `bytes` while the
  // batch waits.
  void own(std::string_view bytes) {
    held_ = bytes;
    auto move = [&](std::string_view& view) {
      if (view.data() < bytes.data() || view.data() > bytes.data() + bytes.size()) return;
      view = {held_.data() + (view.data() - bytes.data()), view.size()};
    };
    for (std::string_view& argument : requests.arguments) move(argument);
    for (Request& request : requests.requests) move(request.raw);
    for (PlannedKey& planned : call.keys) move(planned.key.name);
    move(call.raw);
    charge_requests(kWaitingBytes);
  }
  // Ends the batch and frees the records that were read for it.
  void end() {
    requests.clear();
    call.copy.reset();
    call.entry = nullptr;
    fetched_records.clear();
    heads.clear();
    release_memory();
    unit.shrink();
    unit_charge.resize(0);
    transaction.end();
    charge_requests();
  }
  // The memory of the requests. After end(): what would be kept for the next batch.
  std::size_t request_bytes() const { return requests_charge_.bytes(); }

 private:
  // The batch itself, and the coroutines that wait.
  static constexpr std::size_t kWaitingBytes = 2 << 10;

  // Called when the batch waits and when it ends. A batch that ends in its turn is not charged.
  void charge_requests(std::size_t more = 0) {
    requests_charge_.resize(more + held_.capacity() + requests.arguments.capacity() * sizeof(std::string_view) +
                            requests.requests.capacity() * sizeof(Request) + call.keys.capacity() * sizeof(PlannedKey));
  }

  std::string held_;
  storage::LedgerCharge requests_charge_;
};

class CommandBatchPool {
 public:
  explicit CommandBatchPool(storage::Ledger& ledger) : ledger_(ledger) {}

  std::unique_ptr<CommandBatch> take() {
    if (idle_.empty()) return std::make_unique<CommandBatch>(ledger_);
    auto batch = std::move(idle_.back());
    idle_.pop_back();
    return batch;
  }
  void give_back(std::unique_ptr<CommandBatch> batch) {
    batch->end();
    if (batch->request_bytes() <= kMaxKeptBytes && idle_.size() < kMaxIdle) idle_.push_back(std::move(batch));
  }

 private:
  static constexpr std::size_t kMaxKeptBytes = 32 << 10;
  static constexpr std::size_t kMaxIdle = 1024;  // the batches of many connections that wait for the disk together

  storage::Ledger& ledger_;
  std::vector<std::unique_ptr<CommandBatch>> idle_;
};

}  // namespace terrace
