#include "src/types/stream/stream_id.h"

#include <cerrno>
#include <cstdlib>

#include "src/text/c_string.h"
#include "src/text/integer.h"

namespace terrace::types {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kMaxText = 127;

std::optional<std::uint64_t> parse_part(const std::string& text) {
  if (const auto number = parse_integer(text)) {
    if (*number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
  }
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const std::uint64_t number = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || *end != '\0') return std::nullopt;
  return number;
}

void put_big_endian(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes.substr(0, sizeof number)) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

}  // namespace

std::optional<StreamId> StreamId::next() const {
  if (sequence != kMax) return StreamId{ms, sequence + 1};
  if (ms != kMax) return StreamId{ms + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> StreamId::previous() const {
  if (sequence != 0) return StreamId{ms, sequence - 1};
  if (ms != 0) return StreamId{ms - 1, kMax};
  return std::nullopt;
}

std::optional<ParsedStreamId> parse_stream_id(std::string_view text, std::uint64_t missing, bool star_allowed) {
  if (text.size() > kMaxText) return std::nullopt;
  text = until_nul(text);
  const std::size_t dash = text.find('-');
  const auto ms = parse_part(std::string(text.substr(0, dash)));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return ParsedStreamId{{*ms, missing}};
  const std::string_view behind = text.substr(dash + 1);
  if (star_allowed && behind == "*") return ParsedStreamId{{*ms, 0}, false};
  const auto sequence = parse_part(std::string(behind));
  if (!sequence) return std::nullopt;
  return ParsedStreamId{{*ms, *sequence}};
}

void put_stream_id(std::string& out, const StreamId& id) {
  put_big_endian(out, id.ms);
  put_big_endian(out, id.sequence);
}

StreamId read_stream_id(std::string_view bytes) {
  return {read_big_endian(bytes), read_big_endian(bytes.substr(sizeof(std::uint64_t)))};
}

}  // namespace terrace::types
