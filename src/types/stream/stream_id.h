// StreamId: orders a stream's entries: a time in milliseconds and a sequence number. Also its text form.
// Thread: plain values.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace terrace::types {

struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t sequence = 0;

  auto operator<=>(const StreamId&) const = default;  // NOLINT(modernize-use-nullptr)
  bool zero() const { return ms == 0 && sequence == 0; }
  static constexpr StreamId greatest() {
    return {std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint64_t>::max()};
  }
  // nullopt: this is the last possible id.
  std::optional<StreamId> next() const;
  std::optional<StreamId> previous() const;
};

// Between two numbers of ids; may be negative.
inline std::int64_t id_difference(std::uint64_t number, std::uint64_t from) {
  return static_cast<std::int64_t>(number - from);
}

// "MS-SEQUENCE", on the stack.
class StreamIdText {
 public:
  explicit StreamIdText(const StreamId& id) {
    char* end = std::to_chars(text_, text_ + kSize, id.ms).ptr;
    *end++ = '-';
    end = std::to_chars(end, text_ + kSize, id.sequence).ptr;
    size_ = static_cast<std::size_t>(end - text_);
  }
  std::string_view view() const { return {text_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  static constexpr std::size_t kSize = 20 + 1 + 20;
  char text_[kSize];
  std::size_t size_;
};

// "MS", "MS-SEQUENCE" or "MS-*", as Redis reads them: with strtoull, where the digits are not exactly an integer's.
struct ParsedStreamId {
  StreamId id;
  bool has_sequence = true;  // false: "MS-*"
};
// `missing` is the sequence for "MS". "MS-*" is accepted only if the caller allows it.
std::optional<ParsedStreamId> parse_stream_id(std::string_view text, std::uint64_t missing, bool star_allowed);

// In 16 bytes, big-endian, as in RDB files and Redis' radix trees.
void put_stream_id(std::string& out, const StreamId& id);
StreamId read_stream_id(std::string_view bytes);
inline constexpr std::size_t kStreamIdBytes = 16;

}  // namespace terrace::types
