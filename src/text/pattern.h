// Pattern: glob matching of bytes, as in Redis' KEYS, SCAN, PSUBSCRIBE, CONFIG GET: `*`, `?`, `[a-c]`, `[^a]`, `\x`.
// Time is O(pattern * text) in the worst case, for any pattern.
// Thread: pure functions.
#pragma once

#include <string_view>

namespace terrace::types {

enum class Letters : bool { kExact, kAnyCase };

bool matches(std::string_view pattern, std::string_view text, Letters letters = Letters::kExact);

}  // namespace terrace::types
