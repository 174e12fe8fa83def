// RequestParser: finds the commands in a client's byte stream: RESP arrays of bulk strings, and inline commands. Parses
// the received bytes in place. Only the beginning of an incomplete command is copied, and parsing resumes where it
// stopped, so that the time for a long command is linear in its length.
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
  // `charge`: for the bytes of unfinished commands. A large argument is charged with its announced size.
  explicit RequestParser(storage::LedgerCharge charge) : charge_(std::move(charge)) {}

  struct Limits {
    std::uint64_t max_bulk_bytes = 512ull << 20;      // proto-max-bulk-len
    std::uint64_t max_pending_bytes = 1024ull << 20;  // client-query-buffer-limit
    bool authenticated = true;                        // false: at most 10 arguments of 16 KiB
  };
  static constexpr std::size_t kMaxLine = 64 * 1024;

  enum class Status : std::uint8_t {
    kOk,        // everything complete is in the batch
    kProtocol,  // after the batch's commands: reply error() and close
    kTooLarge,  // after the batch's commands: close without a reply (client-query-buffer-limit)
  };

  // Appends the commands that `bytes` completes to `batch`. The previous batch's views become invalid.
  Status parse(std::string_view bytes, const Limits& limits, RequestBatch& batch);
  const std::string& error() const { return error_; }  // "ERR Protocol error: ..."

  // Bytes kept of an incomplete command, and the size of their buffer.
  std::size_t pending_bytes() const { return pending_.size() - consumed_; }
  std::size_t buffer_bytes() const { return pending_.capacity(); }
  // Of its complete arguments.
  std::size_t argument_bytes() const;

 private:
  enum class Step : std::uint8_t { kComplete, kIncomplete, kError };
  // A parsed argument, relative to the start of its command.
  struct Piece {
    std::size_t offset;
    std::size_t size;
  };

  Status parse_all(std::string_view bytes, const Limits& limits, RequestBatch& batch, std::size_t& done);
  Step parse_one(std::string_view command, const Limits& limits, RequestBatch& batch, std::size_t& size);
  Step parse_inline(std::string_view command, RequestBatch& batch, std::size_t& size);
  Step parse_count(std::string_view command, const Limits& limits);
  Step parse_bulk(std::string_view command, const Limits& limits);
  Step fail(std::string text);
  void discard_consumed();
  void keep(std::string_view bytes);
  void reserve(std::size_t size);
  void charge() { charge_.resize(pending_.capacity() + pieces_.capacity() * sizeof(Piece)); }
  void reserve_for_bulk(const Limits& limits);

  std::string pending_;       // the incomplete command, behind bytes that were consumed
  std::size_t consumed_ = 0;  // bytes of pending_ whose commands are in a batch
  // Where parsing of the incomplete command stopped:
  std::size_t at_ = 0;
  std::int64_t arguments_left_ = -1;  // -1: the count is not known yet
  std::int64_t bulk_size_ = -1;       // -1: the size of the next argument is not known yet
  std::vector<Piece> pieces_;
  std::string error_;
  storage::LedgerCharge charge_;
};

}  // namespace terrace
