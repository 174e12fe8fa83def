#include "storage/segment/segment.h"

#include <algorithm>

#include "storage/base/expiry.h"
#include "storage/base/file_path.h"
#include "storage/base/limits.h"

namespace terrace::storage {

void Segment::note_expiry(std::uint32_t page, std::int64_t expiry_ms) {
  if (expiry_ms == kNoExpiry) return;
  const auto seconds = static_cast<std::uint32_t>(std::clamp<std::int64_t>(expiry_ms / 1000 + 1, 1, UINT32_MAX));
  if (page_expiry.size() <= page) page_expiry.resize(page + 1, 0);
  if (page_expiry[page] == 0 || seconds < page_expiry[page]) page_expiry[page] = seconds;
  if (earliest_expiry == 0 || seconds < earliest_expiry) earliest_expiry = seconds;
}

Error at_page(const Error& error, const Segment& segment, std::uint32_t page) {
  return {error.code, FilePath::segment(segment.serial).text() + " at offset " +
                          std::to_string(std::uint64_t{page} * kPageSize) + ": " + error.message};
}

}  // namespace terrace::storage
