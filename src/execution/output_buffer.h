// OutputBuffer: the replies of one channel that have not been sent, each with the log position at which it may be sent
// (promise P1).
//
//   | may be sent | waits for position p1 | waits for p2 > p1 | ... |
//
// Invariant: bytes leave in order, so positions only grow. Replies of one turn share a segment: their effects are
// committed together.
// Ownership: part of its Channel. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/memory/ledger.h"

namespace terrace {

class OutputBuffer {
 public:
  OutputBuffer() = default;
  explicit OutputBuffer(storage::LedgerCharge charge) : charge_(std::move(charge)) {}

  // Replies are appended here. Bytes that are gated must not be changed.
  std::string& bytes() { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

  // The bytes from `start` (an earlier size()) on wait for `position`. `turn` is the number of the reactor's turn.
  void gate(std::size_t start, std::uint64_t position, std::uint64_t turn) {
    if (segments_.size() > first_) {
      Segment& last = segments_.back();
      if (position <= last.position) return;
      if (last.turn == turn) {
        last.position = position;
        return;
      }
    }
    segments_.push_back({base_ + start, position, turn});
  }
  bool gated() const { return segments_.size() > first_; }

  // How many bytes may be sent when the log is durable up to `released`.
  std::size_t releasable(std::uint64_t released) {
    while (first_ < segments_.size() && segments_[first_].position <= released) ++first_;
    if (first_ < segments_.size()) return static_cast<std::size_t>(segments_[first_].begin - base_);
    segments_.clear();
    first_ = 0;
    return bytes_.size();
  }

  // Moves the first `size` bytes, all of them releasable, to `out`, and reuses its buffer.
  void take(std::size_t size, std::string& out) {
    out.clear();
    if (size == bytes_.size()) {
      out.swap(bytes_);
    } else if (bytes_.size() - size < size) {
      out.swap(bytes_);
      bytes_.assign(out, size);
      out.resize(size);
    } else {
      out.assign(bytes_, 0, size);
      bytes_.erase(0, size);
    }
    base_ += size;
  }

  std::size_t capacity() const { return bytes_.capacity(); }
  void free_empty() {
    if (!bytes_.empty()) return;
    std::string().swap(bytes_);
    charge();
  }
  // Charges the memory of the buffer as it is now.
  void charge() { charge_.resize(bytes_.capacity()); }

 private:
  struct Segment {
    std::uint64_t begin;  // counted from the channel's first byte
    std::uint64_t position;
    std::uint64_t turn;
  };

  std::string bytes_;
  std::uint64_t base_ = 0;  // number of the first byte of bytes_
  std::vector<Segment> segments_;
  std::size_t first_ = 0;  // the segments before this one have been released
  storage::LedgerCharge charge_;
};

}  // namespace terrace
