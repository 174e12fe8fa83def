// Digest: DEBUG DIGEST's value for keys and values, bit for bit as in Redis: equal for equal content, whatever its
// encoding, and whatever the order of unordered content. mix() depends on the order of the calls, add() does not.
// Ownership: plain values.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/types/sha1.h"
#include "storage/record/record.h"

namespace terrace::types {

class Digest {
 public:
  void mix(std::string_view bytes);
  void add(std::string_view bytes);
  void mix(std::uint32_t number);  // its bytes, the highest first
  void mix(const Digest& digest) { mix(digest.bytes()); }
  void add(const Digest& digest) { add(digest.bytes()); }
  // Mixes in the type, the content at this time, and whether there is an expiry.
  void mix_value(const storage::Record& record, std::int64_t now_ms);

  std::string hex() const;

 private:
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  void mix_content(const storage::Record& record, std::int64_t now_ms);

  Sha1 bytes_{};
};

}  // namespace terrace::types
