// Pattern: glob matching of bytes as Redis' KEYS, SCAN, PSUBSCRIBE, CONFIG GET do it: `*`, `?`, `[a-c]`, `[^a]`, `\x`.
// Time is O(pattern * text) at worst, whatever the pattern. Thread: a plain function, no state.
#pragma once

#include <string_view>

namespace terrace::types {

enum class Letters : bool { kExact, kAnyCase };

bool matches(std::string_view pattern, std::string_view text, Letters letters = Letters::kExact);

}  // namespace terrace::types
