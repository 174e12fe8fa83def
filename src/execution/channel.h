// Channel: where a session's replies go: a socket, a simulated client, or nowhere. The session's thread appends to
// output(), and the reply gate calls flush() on that thread at the end of each turn. The channel may send the bytes
// that it has taken on another thread.
// Invariant: flush() takes only what output().releasable() allows, so that no reply leaves before the log is durable up
// to what the reply reveals (promise P1).
// Ownership: owned by its creator, who calls ReplyGate::forget() before the channel is destroyed. Thread: the
// reactor's.
#pragma once

#include <cstdint>

#include "src/execution/output_buffer.h"

namespace terrace {

class Channel {
 public:
  explicit Channel(storage::Ledger& ledger) : output_(storage::LedgerCharge(ledger, storage::Account::kReplies)) {}
  virtual ~Channel() = default;

  OutputBuffer& output() { return output_; }
  const OutputBuffer& output() const { return output_; }

  // Takes the replies that may leave when the log is durable up to `released`.
  virtual void flush(std::uint64_t released) = 0;
  // Ends the channel: no further bytes are taken.
  virtual void abort() = 0;

 private:
  friend class ReplyGate;

  OutputBuffer output_;
  bool marked_ = false;  // it is in the gate's list of channels to flush
  bool gated_ = false;   // it is in the gate's list of channels that wait for the log
};

}  // namespace terrace
