// What walks over the keyspace have in common: which keys count as gone, and what a filter lets through. The options of
// SCAN, which the scans of collections (element_scan.h) share.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/context.h"
#include "src/types/encoding/value.h"

namespace terrace {

// Visits the chain of keys at `cursor` and moves the cursor to the next one, 0 at the end. False: some of its records
// must be fetched first and are added to `missing`; none is visited. The cursor moves on all the same, so that the
// records of many chains can be fetched at once.
bool visit_chain(const storage::Database& database, std::uint64_t& cursor,
                 const storage::FetchedRecords& fetched_records, std::vector<storage::Location>& missing,
                 const std::function<void(const storage::Record&)>& visit);

inline bool is_expired(const Context& context, const storage::Record& record) {
  const std::int64_t expiry_ms = record.expiry_ms();
  return expiry_ms != storage::kNoExpiry && expiry_ms < context.now_ms;
}

// Removes keys that a walk has found expired. False: return now, the handler is run again (nothing has been changed).
bool remove_expired(Context& context, std::span<const std::string> keys);

// MATCH and TYPE.
struct ScanFilter {
  std::string_view pattern = "*";
  std::optional<std::string_view> type_name;

  bool any_name() const { return pattern == "*"; }
  bool passes(const storage::Record& record) const;
};

struct ScanOptions {
  std::int64_t count = 10;
  ScanFilter filter;
};

// Both reply the error where there is one. TYPE is an option of SCAN alone.
std::optional<std::uint64_t> cursor_argument(Context& context, std::size_t index);
std::optional<ScanOptions> scan_options(Context& context, std::size_t first, bool with_type);

}  // namespace terrace
