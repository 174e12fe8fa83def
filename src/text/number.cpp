#include "src/text/number.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace terrace::types {
namespace {

// The longest text of a real, and the largest buffer that its digits need (LDBL_MAX has 4933 of them).
constexpr std::size_t kMaxRealText = 5 * 1024;

}  // namespace

std::optional<long double> parse_real(std::string_view text) {
  if (text.empty() || text.size() >= kMaxRealText) return std::nullopt;
  char buffer[kMaxRealText];
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  if (std::strchr(" \t\n\v\f\r", buffer[0]) != nullptr) return std::nullopt;  // includes a NUL at the front

  char* end = nullptr;
  errno = 0;
  const long double number = std::strtold(buffer, &end);
  if (end != buffer + text.size() || std::isnan(number) || errno == EINVAL) return std::nullopt;
  if (errno == ERANGE && (std::isinf(number) || std::fpclassify(number) == FP_ZERO)) return std::nullopt;
  return number;
}

std::string format_real(long double number) {
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char buffer[kMaxRealText];
  const int written = std::snprintf(buffer, sizeof buffer, "%.17Lf", number);
  std::string_view text(buffer, static_cast<std::size_t>(written));
  while (text.back() == '0') text.remove_suffix(1);
  if (text.back() == '.') text.remove_suffix(1);
  return text == "-0" ? "0" : std::string(text);
}

}  // namespace terrace::types
