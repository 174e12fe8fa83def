// AlignedBuffer: bytes at a page-aligned address, as direct I/O needs them. Owns its memory; can be moved, not copied.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "io/result.h"

namespace terrace::storage {

class AlignedBuffer {
 public:
  // The unit of the address, and of the capacity.
  static constexpr std::size_t kAlignment = 4096;

  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size) { resize(size); }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ~AlignedBuffer() = default;

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::byte* data() { return bytes_.get(); }
  const std::byte* data() const { return bytes_.get(); }
  std::span<std::byte> span() { return {bytes_.get(), size_}; }
  std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

  // Keeps the content; further bytes are uninitialised. Grows by doubling.
  void resize(std::size_t size) {
    if (size > capacity_) reserve(capacity_ * 2 > size ? capacity_ * 2 : size);
    size_ = size;
  }
  // Makes later resizes up to `size` cheap.
  void reserve(std::size_t size) {
    if (size <= capacity_) return;
    const std::size_t capacity = (size + kAlignment - 1) / kAlignment * kAlignment;
    Memory grown(static_cast<std::byte*>(std::aligned_alloc(kAlignment, capacity)));
    TERRACE_CHECK(grown != nullptr);
    if (size_) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;

  Memory bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace terrace::storage
