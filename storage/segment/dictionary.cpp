#include "storage/segment/dictionary.h"

#define XXH_INLINE_ALL
#define LZ4_STATIC_LINKING_ONLY
#define LZ4_HC_STATIC_LINKING_ONLY
#include <lz4.h>
#include <lz4hc.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "io/result.h"
#include "storage/base/limits.h"

namespace terrace::storage {

Dictionary::Dictionary(std::uint32_t id, std::string_view bytes)
    : id_(id),
      size_(bytes.size()),
      memory_(std::make_unique_for_overwrite<char[]>(size_ + kMaxPageRawSize)),
      fingerprint_(std::max<std::uint32_t>(1, static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), size_)))),
      fast_(LZ4_createStream()),
      thorough_(LZ4_createStreamHC()) {
  TERRACE_CHECK(id_ != 0 && fast_ && thorough_ && size_ <= 64 * kKiB);
  std::memcpy(memory_.get(), bytes.data(), size_);
  LZ4_loadDict(fast_, memory_.get(), static_cast<int>(size_));
  LZ4_resetStreamHC_fast(thorough_, kThoroughLevel);
  LZ4_loadDictHC(thorough_, memory_.get(), static_cast<int>(size_));
}

std::span<char> Dictionary::room() const {
  return {memory_.get() + size_, kMaxPageRawSize};
}

Dictionary::~Dictionary() {
  LZ4_freeStream(fast_);
  LZ4_freeStreamHC(thorough_);
}

}  // namespace terrace::storage
