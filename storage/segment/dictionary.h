// Dictionary: bytes that many of a store's records have in common. Packed pages are compressed with one: a page of 4
// KiB, which takes one read, is then compressed as well as a far larger page without one. A page names its dictionary
// by fingerprint, so that no other is ever used for it, whatever happened to the files.
// Ownership: owns its bytes and the compressors' tables for them.
// Thread: immutable after construction, except its room; shared by workers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

union LZ4_stream_u;
union LZ4_streamHC_u;

namespace terrace::storage {

class Dictionary {
 public:
  Dictionary(std::uint32_t id, std::string_view bytes);
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  std::uint32_t id() const { return id_; }                    // above 0; of its file, ascending
  std::uint32_t fingerprint() const { return fingerprint_; }  // of its bytes, never 0
  std::string_view bytes() const { return {memory_.get(), size_}; }
  // Room for a page's raw bytes right behind bytes(), for unpacking on the reactor's thread: LZ4 then treats the
  // dictionary as preceding output, which is its fast path.
  std::span<char> room() const;
  // The compressors' states with these bytes loaded, to be attached to other states.
  const LZ4_stream_u* fast() const { return fast_; }
  const LZ4_streamHC_u* thorough() const { return thorough_; }

 private:
  std::uint32_t id_;
  std::size_t size_;
  std::unique_ptr<char[]> memory_;
  std::uint32_t fingerprint_;
  LZ4_stream_u* fast_;
  LZ4_streamHC_u* thorough_;
};

}  // namespace terrace::storage
