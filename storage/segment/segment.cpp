#include "storage/segment/segment.h"

#include <algorithm>

#include "storage/base/expiry.h"
#include "storage/base/file_path.h"
#include "storage/base/limits.h"

namespace terrace::storage {

void Segment::note_expiry(std::uint32_t page, std::int64_t expiry_ms) {
  if (expiry_ms == kNoExpiry) return;
  const ExpiryTick tick = expiry_tick(expiry_ms);
  if (page_expiry.size() <= page) page_expiry.resize(page + 1, kNoTick);
  page_expiry[page] = sooner_tick(page_expiry[page], tick);
  earliest_expiry = sooner_tick(earliest_expiry, tick);
}

void Segment::add_record(std::uint32_t page, std::int64_t due_ms) {
  const ExpiryTick tick = expiry_tick(due_ms);
  if (total_records == 0 || last_expiry != kNoTick) last_expiry = tick == kNoTick ? tick : std::max(last_expiry, tick);
  ++total_records;
  note_expiry(page, due_ms);
}

Error at_page(const Error& error, const Segment& segment, std::uint32_t page) {
  return {error.code, FilePath::segment(segment.serial).text() + " at offset " +
                          std::to_string(std::uint64_t{page} * kPageSize) + ": " + error.message};
}

}  // namespace terrace::storage
