// What commands that walk over the keyspace have in common: which keys count as expired, and which a filter lets
// through; and the options of SCAN, which the scans of collections (element_scan.h) share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/execution/context.h"
#include "src/text/pattern.h"

namespace terrace {

// Removes expired keys that a walk has found. False: nothing was removed yet and the handler must return; it is run
// again.
bool remove_expired(Context& context, std::span<const std::string> keys);

// MATCH and TYPE.
struct ScanFilter {
  std::optional<types::Pattern> pattern;  // nothing: every name passes
  std::optional<std::string_view> type_name;

  void set_pattern(std::string_view text) {
    pattern.reset();
    if (text != "*") pattern.emplace(text);
  }
  bool passes_name(std::string_view name) const { return !pattern || pattern->matches(name); }
  bool passes_type(const storage::Record& record) const;
};

struct ScanOptions {
  std::int64_t count = 10;
  ScanFilter filter;
  bool values = true;  // false: NOVALUES
};

// What is scanned decides which options there are: TYPE for keys, NOVALUES for hashes.
enum class Scanned : std::uint8_t { kKeys, kHash, kMembers };

// Each replies the error if it returns nothing.
std::optional<std::uint64_t> cursor_argument(Context& context, std::size_t index);
std::optional<ScanOptions> scan_options(Context& context, std::size_t first, Scanned scanned);

}  // namespace terrace
