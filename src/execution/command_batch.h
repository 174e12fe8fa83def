// CommandBatch: the commands that one session has sent together, on their way through the dispatcher: which of them runs,
// as part of which unit, with which records, and why it waits if it does.
// Kept in a pool: a batch costs no allocation, and what runs next finds these bytes in the processor's cache.
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
    kFetch,    // for `missing`
    kRoom,     // for memory
    kPause,    // for the end of CLIENT PAUSE
    kAsync,    // for the handler, which suspends
    kSent,     // for replies to leave, while memory is short
    kTurn,     // for the others' turn
    kKeys,     // blocked: for keys to come, in BlockedClients
    kImage,    // for a large value that is to be changed to be copied, as it is, for a checkpoint
    kServing,  // for blocked clients to be served, whose turn it is at the command's keys
    kLogRoom,  // for the log to write pieces of the open unit
    kUnit,     // for the open unit, whose keys the command's are, to be committed
  };
  // Bytes of replies that may stand in memory while it is short.
  static constexpr std::size_t kMaxUnsentWhenShort = 64 << 10;
  // So long a batch may run before the other connections have their turn.
  static constexpr std::uint64_t kMaxTurnNs = 1'000'000;
  static constexpr std::size_t kNone = ~std::size_t{0};

  Session* session = nullptr;
  const Origin* origin = &kClientOrigin;
  OutputBuffer* output = nullptr;
  RequestBatch requests;
  CommandEntry* fixed_entry = nullptr;  // the row of all requests, which the command table does not have
  std::size_t next = 0;                 // the request to run
  std::size_t prefetched = 0;           // requests before this one have been prefetched
  std::size_t fetched_for = kNone;      // the last request that something was read for
  std::int64_t now_ms = 0;              // wall clock; stands still inside a unit

  // What runs now.
  Unit unit;
  Call call;
  TransactionRun transaction;
  std::string* replies = nullptr;  // where the call's reply is appended

  // What was read for it, and what must be read before it can go on.
  storage::FetchedRecords fetched_records;
  std::vector<storage::Location> missing;
  storage::FetchedRecords heads;  // records without their values, for scans
  std::vector<storage::Location> missing_heads;

  Wait wait = Wait::kNothing;
  bool looked_ahead = false;  // `missing` also names what later requests need
  bool look_ahead = true;     // false: after an error, to tell whose page is bad
  bool rerun = false;         // the handler has run and asked for more
  std::string fetch_error;    // answer for the request that waits
  io::Event unblocked;
  std::vector<std::string> rewritten;  // arguments of the blocked request, where they are not those that came

  // What the unit will take, while it waits to be admitted, or what an open one has gathered for the log.
  storage::LedgerCharge unit_charge;

  explicit CommandBatch(storage::Ledger& ledger)
      : transaction(storage::LedgerCharge(ledger, storage::Account::kReplies)),
        fetched_records(ledger),
        heads(ledger),
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
    // What a batch whose client went away left behind.
    fixed_entry = nullptr;
    looked_ahead = false;
    fetch_error.clear();
    missing.clear();
  }
  // Nothing must be read, or made, before the handler goes on.
  bool complete() const { return missing.empty() && missing_heads.empty() && !call.copy; }
  bool done() const { return next >= requests.requests.size(); }
  // A unit is under way that must come to its end whatever becomes of the client.
  bool must_end() const { return transaction.opened; }

  // Copies what the batch borrows from `bytes`, so that they can be given back while it waits.
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
    charge_requests();
  }
  // What it has read is given back.
  void end() {
    requests.clear();
    call.copy.reset();
    call.entry = nullptr;
    fetched_records.clear();
    heads.clear();
    unit.shrink();
    unit_charge.resize(0);
    transaction.end();
    charge_requests();
  }
  // Of bytes and arguments, also those that are kept for the next batch.
  std::size_t request_bytes() const { return requests_charge_.bytes(); }

 private:
  // When the batch is left waiting, and when it ends: while it only runs, what it takes is soon gone.
  void charge_requests() {
    requests_charge_.resize(held_.capacity() + requests.arguments.capacity() * sizeof(std::string_view) +
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
  static constexpr std::size_t kMaxIdle = 1024;  // those of many connections that wait for the disk at once

  storage::Ledger& ledger_;
  std::vector<std::unique_ptr<CommandBatch>> idle_;
};

}  // namespace terrace
