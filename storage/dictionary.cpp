#include "storage/dictionary.h"

#define XXH_INLINE_ALL
#define LZ4_STATIC_LINKING_ONLY
#define LZ4_HC_STATIC_LINKING_ONLY
#include <lz4.h>
#include <lz4hc.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "io/result.h"
#include "storage/limits.h"

namespace terrace::storage {

Dictionary::Dictionary(std::uint32_t id, std::string bytes)
    : id_(id),
      bytes_(std::move(bytes)),
      fingerprint_(std::max<std::uint32_t>(1, static_cast<std::uint32_t>(XXH3_64bits(bytes_.data(), bytes_.size())))),
      fast_(LZ4_createStream()),
      thorough_(LZ4_createStreamHC()) {
  TERRACE_CHECK(id_ != 0 && fast_ && thorough_ && bytes_.size() <= 64 * kKiB);
  LZ4_loadDict(fast_, bytes_.data(), static_cast<int>(bytes_.size()));
  LZ4_resetStreamHC_fast(thorough_, kThoroughLevel);
  LZ4_loadDictHC(thorough_, bytes_.data(), static_cast<int>(bytes_.size()));
}

Dictionary::~Dictionary() {
  LZ4_freeStream(fast_);
  LZ4_freeStreamHC(thorough_);
}

}  // namespace terrace::storage
