// Transaction: the commands that a session has queued since MULTI, with their keys: EXEC need not find them all in one turn.
// Ownership: part of its session; owns copies of the queued requests. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/execution/call.h"
#include "storage/memory/ledger.h"

namespace terrace {

class Transaction {
 public:
  struct Queued {
    CommandEntry* entry;
    std::size_t first;  // index of its first argument
    std::size_t count;
    std::string_view raw;  // the RESP of the command; empty if it did not come as RESP
  };

  Transaction() = default;
  explicit Transaction(storage::LedgerCharge charge) : charge_(std::move(charge)) {}

  // MULTI, in this database.
  void begin(unsigned database) {
    open_ = true;
    database_ = database;
  }
  // EXEC, DISCARD, RESET: drops all queued commands.
  void end();
  bool open() const { return open_; }

  // A command could not be queued: EXEC will run none.
  void refuse() { refused_ = true; }
  bool refused() const { return refused_; }

  void queue(CommandEntry& entry, std::span<const std::string_view> arguments, std::string_view raw);
  const std::vector<Queued>& calls() const { return calls_; }
  std::span<const std::string_view> arguments_of(const Queued& call) const {
    return {arguments_.data() + call.first, call.count};
  }
  // The keys of all calls in their order, each in the database that earlier SELECTs lead to. They are given away.
  std::vector<PlannedKey> take_keys() { return std::move(keys_); }
  // The flags that at least one of the queued rows has.
  std::uint32_t flags() const { return flags_; }

  // The bytes of the queued arguments, and all memory that the queue takes.
  std::size_t argument_bytes() const { return argument_bytes_; }
  std::size_t memory_bytes() const;

 private:
  void copy(Queued& call, std::span<const std::string_view> arguments, std::string_view raw);
  char* allocate(std::size_t size);

  static constexpr std::size_t kBlockSize = 16 << 10;

  bool open_ = false;
  bool refused_ = false;
  std::uint32_t flags_ = 0;
  unsigned database_ = 0;  // in which the next call runs
  std::vector<Queued> calls_;
  std::vector<std::string_view> arguments_;
  std::vector<PlannedKey> keys_;                 // they point into the arguments
  std::vector<std::unique_ptr<char[]>> blocks_;  // the views point into them: they must not move
  std::size_t block_left_ = 0;
  char* block_next_ = nullptr;
  std::size_t argument_bytes_ = 0;
  std::size_t block_bytes_ = 0;
  storage::LedgerCharge charge_;
};

}  // namespace terrace
