#include "src/types/score.h"

#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "src/types/number.h"

namespace terrace::types {
namespace {

constexpr double kMostInteger = 0x1p62;

}  // namespace

std::optional<double> parse_score(std::string_view text) {
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
  const std::string copy(text);
  char* end = nullptr;
  const double score = std::strtod(copy.c_str(), &end);
  if (*end != '\0' || std::isnan(score)) return std::nullopt;
  return score;
}

ScoreText::ScoreText(double score, Integers integers) {
  const bool convertible = integers == Integers::kInFull && std::abs(score) <= kMostInteger;
  if (convertible && static_cast<double>(static_cast<std::int64_t>(score)) == score) {
    char* const end = std::to_chars(digits_, digits_ + sizeof digits_, static_cast<std::int64_t>(score)).ptr;
    size_ = static_cast<std::size_t>(end - digits_);
    return;
  }
  const int size = std::isinf(score) ? std::snprintf(digits_, sizeof digits_, "%s", score > 0 ? "inf" : "-inf")
                                     : std::snprintf(digits_, sizeof digits_, "%.17g", score);
  size_ = static_cast<std::size_t>(size);
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
