// StringOptions: the options of SET, GETEX and MSETEX, and how their expiry is read.
// Ownership: a value. Thread: any.
#pragma once

#include <cstdint>
#include <optional>

#include "src/commands/string/value_condition.h"
#include "src/execution/context.h"

namespace terrace {

// An expiry is given relative to now or as a point in time, in seconds or milliseconds.
enum class ExpiryUnit : std::uint8_t { kNone, kSeconds, kMilliseconds, kUnixSeconds, kUnixMilliseconds };

struct StringOptions {
  bool if_absent = false;   // NX
  bool if_present = false;  // XX
  bool get = false;
  bool keep_expiry = false;  // KEEPTTL
  bool persist = false;
  ValueCondition condition;
  ExpiryUnit unit = ExpiryUnit::kNone;
  std::size_t expiry_index = 0;  // of the argument with the expiry

  bool has_expiry() const { return unit != ExpiryUnit::kNone; }
  bool absolute() const { return unit == ExpiryUnit::kUnixSeconds || unit == ExpiryUnit::kUnixMilliseconds; }
};

enum class OptionsOf : std::uint8_t { kSet, kGetex, kMsetex };

inline constexpr std::string_view kBadDigest = "ERR digest must be exactly 16 hexadecimal characters";

// Nothing: the error is replied.
std::optional<StringOptions> parse_string_options(Context& context, std::size_t first, OptionsOf command);

// The expiry as a point in time, in Unix milliseconds. Nothing: the error is replied.
std::optional<std::int64_t> parse_expiry(Context& context, std::size_t index, ExpiryUnit unit);

}  // namespace terrace
