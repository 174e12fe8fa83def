// Dictionary: bytes that many records of a store have in common. Packed pages are compressed against one, so that a
// page of 4 KiB, which is one read, packs as well as a far larger one would by itself. A page names the one it needs by
// its fingerprint, so that no other one is taken for it, whatever became of the files. Ownership: owns its bytes and
// the compressors' tables over them. Thread: immutable once made but for its room; workers share it.
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

  std::uint32_t id() const { return id_; }                    // above 0; of its file, later ones are higher
  std::uint32_t fingerprint() const { return fingerprint_; }  // of its bytes, never 0
  std::string_view bytes() const { return {memory_.get(), size_}; }
  // A page's worth of raw bytes right behind bytes(), for whoever unpacks on the reactor's thread: LZ4 then looks back
  // on the dictionary as on what it has just written, which is its fast path.
  std::span<char> room() const;
  // The compressors' states with these bytes loaded, to be attached to others.
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
