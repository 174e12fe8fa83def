// Pattern: glob matching of bytes, as in Redis' KEYS, SCAN, PSUBSCRIBE, CONFIG GET: `*`, `?`, `[a-c]`, `[^a]`, `\x`. It is parsed once,
// classes into sets of bytes, and then matches any number of texts.
//
//   h*[ae]llo*d   is the segments  h | [ae]llo | d  between stars. Each segment lies behind the one before it, as far to the front as it can.
//
// Time to match is O(text) if no segment has classes or question marks, else O(text * longest such segment), for any pattern.
// Ownership: owns its parts. Thread: any.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace terrace::types {

enum class Letters : bool { kExact, kAnyCase };

class Pattern {
 public:
  explicit Pattern(std::string_view pattern, Letters letters = Letters::kExact);

  // As in Redis: only an empty pattern matches an empty text; "*" does not.
  bool matches(std::string_view text) const;

 private:
  using Class = std::bitset<256>;
  // A byte, or kAny, or kFirstClass + the index of a class.
  using Token = std::uint32_t;
  static constexpr Token kAny = 256, kFirstClass = 257;
  struct Segment {
    std::vector<Token> tokens;  // empty if `bytes` says it all
    std::string bytes;
    std::size_t size() const { return tokens.empty() ? bytes.size() : tokens.size(); }
  };

  std::size_t parse_class(std::string_view pattern, std::size_t at);
  void add_range(Class& bytes, char first, char last) const;
  void add_byte(Class& bytes, char c) const;
  void end_segment(std::vector<Token>& tokens);

  bool matches_token(Token token, char c) const;
  bool matches_at(const Segment& segment, std::string_view text, std::size_t position) const;
  // Where the segment lies first at or behind `position`; npos: nowhere.
  std::size_t find(const Segment& segment, std::string_view text, std::size_t position) const;

  Letters letters_;
  std::vector<Segment> segments_;  // none is empty
  std::vector<Class> classes_;
  std::size_t size_ = 0;  // of all segments
  bool star_ = false, star_first_ = false, star_last_ = false;
};

}  // namespace terrace::types
