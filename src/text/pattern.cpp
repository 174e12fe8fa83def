#include "src/text/pattern.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <span>
#include <utility>

namespace terrace::types {
namespace {

int lower(char c) {
  return std::tolower(static_cast<unsigned char>(c));
}

}  // namespace

Pattern::Pattern(std::string_view pattern, Letters letters) : letters_(letters) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '*') {
      if (at == 0) star_first_ = true;
      star_ = true;
      end_segment(tokens);
      star_last_ = ++at == pattern.size();
    } else if (c == '?') {
      tokens.push_back(kAny);
      ++at;
    } else if (c == '[') {
      tokens.push_back(kFirstClass + static_cast<Token>(classes_.size()));
      at = parse_class(pattern, at + 1);
    } else {
      if (c == '\\' && at + 1 < pattern.size()) ++at;
      const char byte = pattern[at++];
      tokens.push_back(
          static_cast<unsigned char>(letters_ == Letters::kAnyCase ? static_cast<char>(lower(byte)) : byte));
    }
  }
  end_segment(tokens);
}

// Reads the class whose first byte behind '[' is at `at`; returns the place behind it. A class without its ']' ends
// with the pattern.
std::size_t Pattern::parse_class(std::string_view pattern, std::size_t at) {
  Class bytes;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      ++at;
      bytes.set(
          static_cast<unsigned char>(pattern[at]));  // an escaped byte must match exactly, even if case is ignored
    } else if (left >= 3 && pattern[at + 1] == '-') {
      add_range(bytes, pattern[at], pattern[at + 2]);
      at += 2;
    } else {
      add_byte(bytes, pattern[at]);
    }
    ++at;
  }
  classes_.push_back(negated ? ~bytes : bytes);
  return std::min(at + 1, pattern.size());
}

// Bytes compare as signed, as in Redis: this matters for ranges beyond ASCII.
void Pattern::add_range(Class& bytes, char first, char last) const {
  int low = static_cast<signed char>(first);
  int high = static_cast<signed char>(last);
  if (low > high) std::swap(low, high);
  const bool any_case = letters_ == Letters::kAnyCase;
  if (any_case) {
    low = std::tolower(low & 0xff);
    high = std::tolower(high & 0xff);
  }
  for (int each = 0; each < 256; ++each) {
    const int value = any_case ? std::tolower(each) : static_cast<signed char>(each);
    if (value >= low && value <= high) bytes.set(static_cast<std::size_t>(each));
  }
}

void Pattern::add_byte(Class& bytes, char c) const {
  bytes.set(static_cast<unsigned char>(c));
  if (letters_ == Letters::kExact) return;
  bytes.set(static_cast<unsigned char>(lower(c)));
  bytes.set(static_cast<std::size_t>(std::toupper(static_cast<unsigned char>(c))));
}

void Pattern::end_segment(std::vector<Token>& tokens) {
  if (tokens.empty()) return;
  size_ += tokens.size();
  Segment segment;
  const bool plain = letters_ == Letters::kExact && std::ranges::all_of(tokens, [](Token each) { return each < kAny; });
  if (plain) {
    segment.bytes.assign(tokens.begin(), tokens.end());
    tokens.clear();
  } else {
    segment.tokens = std::exchange(tokens, {});
  }
  segments_.push_back(std::move(segment));
}

bool Pattern::matches_token(Token token, char c) const {
  if (token >= kFirstClass) return classes_[token - kFirstClass].test(static_cast<unsigned char>(c));
  if (token == kAny) return true;
  const int byte = letters_ == Letters::kAnyCase ? lower(c) : static_cast<unsigned char>(c);
  return token == static_cast<Token>(byte);
}

bool Pattern::matches_at(const Segment& segment, std::string_view text, std::size_t position) const {
  if (segment.tokens.empty()) return text.substr(position).starts_with(segment.bytes);
  for (const Token token : segment.tokens) {
    if (!matches_token(token, text[position++])) return false;
  }
  return true;
}

std::size_t Pattern::find(const Segment& segment, std::string_view text, std::size_t position) const {
  if (segment.tokens.empty()) {
    // Linear, whatever the bytes are.
    const void* found =
        ::memmem(text.data() + position, text.size() - position, segment.bytes.data(), segment.bytes.size());
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
  }
  for (; position + segment.size() <= text.size(); ++position) {
    if (matches_at(segment, text, position)) return position;
  }
  return std::string_view::npos;
}

bool Pattern::matches(std::string_view text) const {
  if (text.empty()) return segments_.empty() && !star_;
  if (text.size() < size_) return false;
  if (!star_) return text.size() == size_ && (segments_.empty() || matches_at(segments_.front(), text, 0));
  std::span<const Segment> floating = segments_;
  std::size_t position = 0;
  if (!star_first_) {
    if (!matches_at(floating.front(), text, 0)) return false;
    position = floating.front().size();
    floating = floating.subspan(1);
  }
  // The last segment lies at the end of the text, the others before it.
  if (!star_last_) {
    const std::size_t last = text.size() - floating.back().size();
    if (!matches_at(floating.back(), text, last)) return false;
    text = text.substr(0, last);
    floating = floating.first(floating.size() - 1);
  }
  for (const Segment& segment : floating) {
    position = find(segment, text, position);
    if (position == std::string_view::npos) return false;
    position += segment.size();
  }
  return true;
}

}  // namespace terrace::types
