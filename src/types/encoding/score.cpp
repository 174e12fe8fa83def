#include "src/types/encoding/score.h"

#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "src/text/number.h"
#include "src/text/real_text.h"

namespace terrace::types {
namespace {

constexpr double kMostInteger = 0x1p62;

// Reads plain decimals in a fraction of strtod's time, with the same result; nullopt: strtod must read it.
std::optional<double> parse_decimal(std::string_view text) {
  const std::size_t sign = text.starts_with('-');
  if (text.size() == sign || text[sign] < '0' || text[sign] > '9') return std::nullopt;
  double score;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return score;
}

}  // namespace

std::optional<double> parse_score(std::string_view text) {
  if (const auto decimal = parse_decimal(text)) return decimal;
  if (text.empty() || std::strchr(" \t\n\v\f\r", text.front()) != nullptr) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const double score = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(score)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(score) || std::fpclassify(score) == FP_ZERO)) return std::nullopt;
  return score;
}

std::optional<double> parse_score_bound(std::string_view text) {
  if (const auto decimal = parse_decimal(text)) return decimal;
  const std::string copy(text);
  char* end = nullptr;
  const double score = std::strtod(copy.c_str(), &end);
  if (*end != '\0' || std::isnan(score)) return std::nullopt;
  return score;
}

ScoreText::ScoreText(double score, Integers integers) {
  if (integers == Integers::kInFull && std::abs(score) <= kMostInteger &&
      static_cast<double>(static_cast<std::int64_t>(score)) == score) {
    set(IntegerText(static_cast<std::int64_t>(score)));
  } else {
    set(RealText(score));
  }
}

void ScoreText::set(std::string_view digits) {
  size_ = digits.copy(digits_, sizeof digits_);
}

PackedScore::PackedScore(double score) {
  const std::uint64_t bits = __builtin_bswap64(std::bit_cast<std::uint64_t>(score));
  std::memcpy(bytes_, &bits, sizeof bits);
  if (bits != 0) size_ = kMaxSize - static_cast<std::size_t>(std::countl_zero(bits)) / 8;
}

double PackedScore::unpack(std::string_view bytes) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes.data(), bytes.size());
  return std::bit_cast<double>(__builtin_bswap64(bits));
}

}  // namespace terrace::types
