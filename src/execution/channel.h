// Channel: where a session's replies go: a socket, a simulated client, nothing. The session's thread appends to output();
// the gate calls flush() on that thread at the end of each turn. What the channel does with the bytes that it takes then
// is its own matter, on whatever thread.
// Invariant: flush() takes only what output().releasable() allows, so that no reply leaves before the log is durable up
// to what the reply reveals (promise P1).
// Ownership: owned by what made it; ReplyGate::forget() must be called before it goes. Thread: the reactor's.
#pragma once

#include <cstdint>

#include "src/execution/output_buffer.h"

namespace terrace {

class Channel {
 public:
  Channel() = default;
  explicit Channel(storage::Ledger& ledger) : output_(storage::LedgerCharge(ledger, storage::Account::kReplies)) {}
  virtual ~Channel() = default;

  OutputBuffer& output() { return output_; }
  const OutputBuffer& output() const { return output_; }

  // Takes what may leave when positions up to `released` may be told.
  virtual void flush(std::uint64_t released) = 0;
  // Ends without taking more.
  virtual void abort() = 0;

 private:
  friend class ReplyGate;

  OutputBuffer output_;
  bool marked_ = false;  // stands in the gate's list of those to flush
  bool gated_ = false;   // stands in its list of those who wait for the log
};

}  // namespace terrace
