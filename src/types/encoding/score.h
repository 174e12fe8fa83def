// Score: the number that orders the members of a sorted set: reading, writing and packing it, and the order of members
// by score and text. Never a NaN.
// Thread: plain values and pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace terrace::types {

// As Redis reads a double argument: what strtod accepts (also hexadecimal and "inf"), without leading blanks, trailing
// bytes, NaN or values out of range.
std::optional<double> parse_score(std::string_view text);
// As Redis reads an end of a range, by the rules of C: up to the first NUL; an empty text is 0; leading blanks are
// skipped.
std::optional<double> parse_score_bound(std::string_view text);
// A score in a listpack or in an old RDB encoding.
inline std::optional<double> parse_stored_score(std::string_view text) {
  return parse_score(text);
}

// A score's digits, as Redis writes them: at most 17 significant ones, or "inf".
class ScoreText {
 public:
  // In listpacks, integers of up to 62 bits are written with all their digits; elsewhere like other numbers.
  enum class Integers : bool { kAsOthers, kInFull };

  explicit ScoreText(double score, Integers integers = Integers::kInFull);
  std::string_view view() const { return {digits_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  void set(std::string_view digits);

  char digits_[32];
  std::size_t size_;
};

// A score's bits from the highest one on, without the zeros at the end: no byte for 0, 2 bytes for 1, 4 or less for
// integers of up to 20 bits.
class PackedScore {
 public:
  static constexpr std::size_t kMaxSize = sizeof(double);

  explicit PackedScore(double score);
  std::string_view view() const { return {bytes_, size_}; }
  static double unpack(std::string_view bytes);

 private:
  char bytes_[kMaxSize];
  std::size_t size_ = 0;
};

// A member with its score. Borrows the text.
struct ScoredMember {
  double score;
  std::string_view member;

  friend bool operator<(const ScoredMember& a, const ScoredMember& b) {
    return a.score != b.score ? a.score < b.score : a.member < b.member;
  }
};

}  // namespace terrace::types
