// RequestParser: finds the commands in a client's byte stream: RESP arrays of bulk strings, and inline commands. Parses
// the received bytes in place. Only the beginning of an incomplete command is copied, and parsing resumes where it
// stopped, so that the time for a long command is linear in its length. A large argument's buffer is not made before the
// caller has taken memory for it (wanted(), grow()).
// Ownership: owns the bytes of the incomplete command.
// Thread: the reactor's. Source: the RESP protocol specification (redis.io/docs/reference/protocol-spec); limits and
// error texts are those of redis-server 7.0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/resp/request.h"
#include "storage/memory/ledger.h"

namespace terrace {

class RequestParser {
 public:
  RequestParser() = default;
  // `ledger`: for the bytes of unfinished commands.
  explicit RequestParser(storage::Ledger& ledger)
      : charge_(ledger, storage::Account::kQueryBuffers), large_charge_(ledger, storage::Account::kLargeRequests) {}

  struct Limits {
    std::uint64_t max_bulk_bytes = 512ull << 20;      // proto-max-bulk-len
    std::uint64_t max_pending_bytes = 1024ull << 20;  // client-query-buffer-limit
    bool authenticated = true;                        // false: at most 10 arguments of 16 KiB
  };
  static constexpr std::size_t kMaxLine = 64 * 1024;
  static constexpr std::size_t kLargeArgument = 32 * 1024;

  enum class Status : std::uint8_t {
    kOk,        // everything complete is in the batch
    kProtocol,  // after the batch's commands: reply error() and close
    // The same, unless the batch has authenticated the client: then parse("") gives the commands behind it.
    kUnauthenticated,
    kTooLarge,  // after the batch's commands: close without a reply (client-query-buffer-limit)
  };

  // Appends the commands that `bytes` completes to `batch`. The previous batch's views become invalid.
  Status parse(std::string_view bytes, const Limits& limits, RequestBatch& batch);
  const std::string& error() const { return error_; }  // "ERR Protocol error: ..."

  // The bytes that the buffer of the incomplete command lacks for its large argument, by the announced size; 0: none is
  // large. The caller adds at least as many to charge() and calls grow(), or ends the connection.
  std::uint64_t wanted() const { return wanted_; }
  storage::LedgerCharge& charge() { return wanted_ > 0 ? large_charge_ : charge_; }
  std::uint64_t charged_bytes() const { return charge_.bytes() + large_charge_.bytes(); }
  void grow(std::uint64_t charged);
  // Frees the memory of large commands that have run, or of all. The views of the last batch become invalid.
  void release_consumed(bool all) {
    if (consumed_ >= kLargeArgument || (all && consumed_ > 0)) discard_consumed(all);
  }
  // Memory was taken for the rest of a large argument.
  bool grown() const { return bulk_size_ >= 0 && wanted_ == 0 && missing_bytes() > 0 && large(); }
  // The announced bytes that have not come, of the argument under way.
  std::uint64_t missing_bytes() const {
    return bulk_size_ < 0 ? 0 : at_ + static_cast<std::uint64_t>(bulk_size_) + 2 - pending_.size();
  }

  // Bytes kept of an incomplete command, and the size of their buffer.
  std::size_t pending_bytes() const { return pending_.size() - consumed_; }
  std::size_t buffer_bytes() const { return pending_.capacity(); }
  // Of its complete arguments.
  std::size_t argument_bytes() const;

 private:
  enum class Step : std::uint8_t { kComplete, kIncomplete, kUnauthenticated, kError };
  // A parsed argument, relative to the start of its command.
  struct Piece {
    std::size_t offset;
    std::size_t size;
  };

  Status parse_all(std::string_view bytes, const Limits& limits, RequestBatch& batch, std::size_t& done);
  // inline: called from one place, each command passes here.
  inline Step parse_one(std::string_view command, const Limits& limits, RequestBatch& batch, std::size_t& size);
  Step parse_inline(std::string_view command, RequestBatch& batch, std::size_t& size);
  inline Step parse_count(std::string_view command, const Limits& limits);
  inline Step parse_bulks(std::string_view command, const Limits& limits, std::vector<std::string_view>& arguments);
  Step resume_bulks(std::string_view command, const Limits& limits, RequestBatch& batch);
  void parse_short_bulks(std::string_view command, const Limits& limits, std::vector<std::string_view>& arguments);
  Step parse_bulk(std::string_view command, const Limits& limits, Piece& piece);
  Step fail(std::string text, Step step = Step::kError);
  void discard_consumed(bool free_buffer = false);
  void keep(std::string_view bytes);
  void reserve(std::size_t size);
  void recharge() { recharge(pending_.capacity()); }
  void recharge(std::size_t capacity) {
    const std::size_t bytes = capacity + pieces_.capacity() * sizeof(Piece) + for_copies_;
    const bool is_large = capacity > kLargeArgument;
    charge_.resize(is_large ? 0 : bytes);
    large_charge_.resize(is_large ? bytes : 0);
  }
  bool large() const { return bulk_size_ >= static_cast<std::int64_t>(kLargeArgument); }
  void want_for_bulk(const Limits& limits);

  std::string pending_;       // the incomplete command, behind bytes that were consumed
  std::size_t consumed_ = 0;  // bytes of pending_ whose commands are in a batch
  // Where parsing of the incomplete command stopped:
  std::size_t at_ = 0;
  std::int64_t arguments_left_ = -1;  // -1: the count is not known yet
  std::int64_t bulk_size_ = -1;       // -1: the size of the next argument is not known yet
  std::uint64_t wanted_ = 0;
  std::uint64_t for_copies_ = 0;  // charged beside the buffer until the large command has run
  std::vector<Piece> pieces_;
  std::string error_;
  storage::LedgerCharge charge_;
  storage::LedgerCharge large_charge_;
};

}  // namespace terrace
