// Content: a sparse run of bytes; what was never written reads as zeros.
// Ownership: owns its chunks. Thread: none of its own, a plain value.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace terrace::simulation {

class Content {
 public:
  static constexpr std::uint64_t kChunkSize = 16 * 1024;

  void read(std::uint64_t offset, std::byte* out, std::uint64_t size) const {
    for_each_piece(offset, size, [&](std::uint64_t chunk, std::uint64_t at, std::uint64_t done, std::uint64_t length) {
      const std::byte* from = chunk < chunks_.size() ? chunks_[chunk].get() : nullptr;
      if (from) {
        std::memcpy(out + done, from + at, length);
      } else {
        std::memset(out + done, 0, length);
      }
    });
  }

  void write(std::uint64_t offset, const std::byte* data, std::uint64_t size) {
    for_each_piece(offset, size, [&](std::uint64_t chunk, std::uint64_t at, std::uint64_t done, std::uint64_t length) {
      std::memcpy(writable(chunk) + at, data + done, length);
    });
  }

  void zero(std::uint64_t offset, std::uint64_t size) {
    for_each_piece(offset, size, [&](std::uint64_t chunk, std::uint64_t at, std::uint64_t, std::uint64_t length) {
      if (chunk < chunks_.size() && chunks_[chunk]) std::memset(chunks_[chunk].get() + at, 0, length);
    });
  }

  // Takes over what `other` has in this range.
  void copy(const Content& other, std::uint64_t offset, std::uint64_t size) {
    for_each_piece(offset, size, [&](std::uint64_t chunk, std::uint64_t at, std::uint64_t, std::uint64_t length) {
      const std::byte* from = chunk < other.chunks_.size() ? other.chunks_[chunk].get() : nullptr;
      if (from) {
        std::memcpy(writable(chunk) + at, from + at, length);
      } else if (chunk < chunks_.size() && chunks_[chunk]) {
        std::memset(chunks_[chunk].get() + at, 0, length);
      }
    });
  }

 private:
  template <typename Visit>
  static void for_each_piece(std::uint64_t offset, std::uint64_t size, Visit&& visit) {
    for (std::uint64_t done = 0; done < size;) {
      const std::uint64_t at = (offset + done) % kChunkSize;
      const std::uint64_t length = std::min(kChunkSize - at, size - done);
      visit((offset + done) / kChunkSize, at, done, length);
      done += length;
    }
  }

  std::byte* writable(std::uint64_t chunk) {
    if (chunk >= chunks_.size()) chunks_.resize(chunk + 1);
    if (!chunks_[chunk]) chunks_[chunk] = std::make_unique<std::byte[]>(kChunkSize);
    return chunks_[chunk].get();
  }

  std::vector<std::unique_ptr<std::byte[]>> chunks_;
};

}  // namespace terrace::simulation
