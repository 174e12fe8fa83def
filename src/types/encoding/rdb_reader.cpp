#include "src/types/encoding/rdb_reader.h"

#include <liblzf/lzf.h>

#include "src/text/number.h"
#include "storage/base/limits.h"

namespace terrace::types {

using storage::RdbString;

RdbText RdbReader::text() {
  const RdbString string = storage::read_rdb_string(bytes_);
  if (!bytes_.ok()) return {};
  switch (string.kind) {
    case RdbString::Kind::kBytes:
      return RdbText(string.bytes);
    case RdbString::Kind::kInteger:
      return RdbText(std::string(IntegerText(string.integer).view()));
    case RdbString::Kind::kPacked:
      break;
  }
  // LZF expands a byte to 88 at most: a size beyond this is false, and gets no memory.
  constexpr std::uint64_t kMostPerByte = 128;
  const bool credible = string.packed_size > 0 && string.packed_size <= storage::kMaxValueSize &&
                        string.packed_size / kMostPerByte <= string.bytes.size();
  if (credible) {
    std::string made(string.packed_size, '\0');
    const unsigned size = lzf_decompress(string.bytes.data(), static_cast<unsigned>(string.bytes.size()), made.data(),
                                         static_cast<unsigned>(made.size()));
    if (size == made.size()) return RdbText(std::move(made));
  }
  bytes_.fail();
  return {};
}

}  // namespace terrace::types
