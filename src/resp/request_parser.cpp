#include "src/resp/request_parser.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstring>
#include <utility>

#include "io/result.h"
#include "src/text/integer.h"
#include "src/text/split_arguments.h"

namespace terrace {
namespace {

constexpr std::size_t kMaxUnauthenticatedArguments = 10;
constexpr std::int64_t kMaxUnauthenticatedBulk = 16384;
// A buffer of this size or larger is freed when it is empty.
constexpr std::size_t kLargeBuffer = 64 * 1024;
// Each connection keeps room for the places of this many arguments.
constexpr std::size_t kMaxKeptPieces = 512;

std::size_t find_line_end(std::string_view text, std::size_t from) {
  const void* hit = std::memchr(text.data() + from, '\r', text.size() - from);
  return hit ? static_cast<std::size_t>(static_cast<const char*>(hit) - text.data()) : std::string_view::npos;
}

constexpr std::size_t kMaxShortNumber = 999;

// A line with a number of one to three digits behind its type, "$16\r\n".
struct ShortLine {
  std::size_t size = 0;  // 0: no such line, or an incomplete one
  std::size_t number = 0;
};

[[gnu::always_inline]] inline ShortLine short_line(std::string_view text, std::size_t at, char type) {
  constexpr std::size_t kLongest = 6;
  if (text.size() - at < kLongest || text[at] != type) return {};
  const char* const digits = text.data() + at + 1;
  std::size_t number = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const unsigned digit = static_cast<unsigned char>(digits[i]) - unsigned{'0'};
    if (digit > 9 || (i == 1 && number == 0)) return {};  // no leading zeros
    number = number * 10 + digit;
    if (digits[i + 1] == '\r') return {i + 4, number};
  }
  return {};
}

}  // namespace

RequestParser::Status RequestParser::parse(std::string_view bytes, const Limits& limits, RequestBatch& batch) {
  discard_consumed();
  wanted_ = 0;
  std::size_t done = 0;
  if (pending_.empty()) {
    if (charge_.bytes() > 0) recharge();  // what was taken for these bytes
    Status status = parse_all(bytes, limits, batch, done);
    if (status != Status::kProtocol && done < bytes.size()) {
      keep(bytes.substr(done));
      want_for_bulk(limits);
    }
    return status;
  }
  if (pending_.size() + bytes.size() > limits.max_pending_bytes) return Status::kTooLarge;
  keep(bytes);
  Status status = parse_all(pending_, limits, batch, done);
  consumed_ = done;
  recharge();
  if (done == 0) want_for_bulk(limits);
  return status;
}

void RequestParser::discard_consumed(bool free_buffer) {
  if (consumed_ == 0) return;
  if (consumed_ == pending_.size()) {
    pending_.clear();
    if (free_buffer || pending_.capacity() > kLargeBuffer) pending_.shrink_to_fit();
  } else if (pending_.capacity() > kLargeBuffer && pending_.size() - consumed_ < pending_.capacity() / 4) {
    std::string(pending_, consumed_).swap(pending_);  // a short string that is assigned would keep the memory
  } else {
    pending_.erase(0, consumed_);
  }
  consumed_ = 0;
  for_copies_ = 0;
  recharge();
}

void RequestParser::keep(std::string_view bytes) {
  const std::size_t needed = pending_.size() + bytes.size();
  if (needed > pending_.capacity()) reserve(std::max(needed, 2 * pending_.capacity()));
  pending_.append(bytes);
}

void RequestParser::reserve(std::size_t size) {
  recharge(size);
  pending_.reserve(size);
}

// A large argument's buffer is made in one step, so that it does not grow by copying.
void RequestParser::want_for_bulk(const Limits& limits) {
  if (!large()) return;
  const std::uint64_t needed = at_ + static_cast<std::uint64_t>(bulk_size_) + 2;
  if (needed <= limits.max_pending_bytes && needed > pending_.capacity()) wanted_ = needed - pending_.capacity();
}

void RequestParser::grow(std::uint64_t charged) {
  for_copies_ = charged - wanted_;
  reserve(pending_.capacity() + std::exchange(wanted_, 0));
  recharge();
}

RequestParser::Status RequestParser::parse_all(std::string_view bytes, const Limits& limits, RequestBatch& batch,
                                               std::size_t& done) {
  while (done < bytes.size()) {
    std::size_t size = 0;
    Step step = parse_one(bytes.substr(done), limits, batch, size);
    if (step == Step::kError) return Status::kProtocol;
    if (step == Step::kUnauthenticated) return Status::kUnauthenticated;
    if (step == Step::kIncomplete) break;
    done += size;
  }
  // One command of INT_MAX arguments at most began before this call's bytes.
  TERRACE_CHECK(batch.arguments.size() <= UINT32_MAX);
  return Status::kOk;
}

RequestParser::Step RequestParser::parse_one(std::string_view command, const Limits& limits, RequestBatch& batch,
                                             std::size_t& size) {
  if (command[0] != '*') return parse_inline(command, batch, size);
  if (arguments_left_ < 0) {
    Step step = parse_count(command, limits);
    if (step != Step::kComplete) return step;
  }
  const std::size_t first = batch.arguments.size();
  const Step step =
      pieces_.empty() ? parse_bulks(command, limits, batch.arguments) : resume_bulks(command, limits, batch);
  if (step != Step::kComplete) return step;
  if (batch.arguments.size() > first) {
    // In place: copying a request at once would wait until the processor has stored its parts.
    Request& request = batch.requests.emplace_back();
    request.first = static_cast<std::uint32_t>(first);
    request.count = static_cast<std::uint32_t>(batch.arguments.size() - first);
    request.raw = command.substr(0, at_);
  }
  size = at_;
  at_ = 0;
  arguments_left_ = -1;
  return Step::kComplete;
}

// The arguments of a command that began with these bytes.
RequestParser::Step RequestParser::parse_bulks(std::string_view command, const Limits& limits,
                                               std::vector<std::string_view>& arguments) {
  const std::size_t first = arguments.size();
  while (true) {
    parse_short_bulks(command, limits, arguments);
    if (arguments_left_ <= 0) return Step::kComplete;
    Piece piece;
    const Step step = parse_bulk(command, limits, piece);
    if (step == Step::kComplete) {
      arguments.push_back(command.substr(piece.offset, piece.size));
      continue;
    }
    // Places are kept, not views: the command's bytes will be copied.
    for (std::size_t i = first; i < arguments.size(); ++i) {
      pieces_.push_back({static_cast<std::size_t>(arguments[i].data() - command.data()), arguments[i].size()});
    }
    arguments.resize(first);
    return step;
  }
}

// Those of a command with arguments in earlier bytes.
RequestParser::Step RequestParser::resume_bulks(std::string_view command, const Limits& limits, RequestBatch& batch) {
  while (arguments_left_ > 0) {
    Piece piece;
    const Step step = parse_bulk(command, limits, piece);
    if (step != Step::kComplete) return step;
    pieces_.push_back(piece);
  }
  for (const Piece& piece : pieces_) batch.arguments.push_back(command.substr(piece.offset, piece.size));
  pieces_.clear();
  if (pieces_.capacity() > kMaxKeptPieces) pieces_.shrink_to_fit();
  return Step::kComplete;
}

// Short complete arguments, as nearly all are, in a loop without calls.
void RequestParser::parse_short_bulks(std::string_view command, const Limits& limits,
                                      std::vector<std::string_view>& arguments) {
  if (bulk_size_ >= 0 || limits.max_bulk_bytes < kMaxShortNumber) return;
  std::size_t at = at_;
  std::int64_t left = arguments_left_;
  for (; left > 0; --left) {
    const ShortLine line = short_line(command, at, '$');
    const std::size_t begin = at + line.size;
    if (line.size == 0 || command.size() - begin < line.number + 2) break;
    arguments.emplace_back(command.data() + begin, line.number);
    at = begin + line.number + 2;
  }
  at_ = at;
  arguments_left_ = left;
}

RequestParser::Step RequestParser::parse_count(std::string_view command, const Limits& limits) {
  if (const ShortLine line = short_line(command, 0, '*');
      line.size > 0 && (line.number <= kMaxUnauthenticatedArguments || limits.authenticated)) {
    at_ = line.size;
    arguments_left_ = static_cast<std::int64_t>(line.number);
    return Step::kComplete;
  }
  std::size_t end = find_line_end(command, 0);
  if (end == std::string_view::npos) {
    return command.size() > kMaxLine ? fail("too big mbulk count string") : Step::kIncomplete;
  }
  if (end + 2 > command.size()) return Step::kIncomplete;
  auto count = parse_integer(command.substr(1, end - 1));
  if (!count || *count > INT_MAX) return fail("invalid multibulk length");
  if (*count > std::int64_t{kMaxUnauthenticatedArguments} && !limits.authenticated)
    return fail("unauthenticated multibulk length", Step::kUnauthenticated);
  at_ = end + 2;
  arguments_left_ = *count > 0 ? *count : 0;
  return Step::kComplete;
}

std::size_t RequestParser::argument_bytes() const {
  std::size_t bytes = 0;
  for (const Piece& piece : pieces_) bytes += piece.size;
  return bytes;
}

RequestParser::Step RequestParser::parse_bulk(std::string_view command, const Limits& limits, Piece& piece) {
  if (bulk_size_ < 0) {
    std::size_t end = find_line_end(command, at_);
    if (end == std::string_view::npos) {
      return command.size() - at_ > kMaxLine ? fail("too big bulk count string") : Step::kIncomplete;
    }
    if (end + 2 > command.size()) return Step::kIncomplete;
    if (command[at_] != '$') return fail(std::string("expected '$', got '") + command[at_] + "'");
    auto length = parse_integer(command.substr(at_ + 1, end - at_ - 1));
    if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > limits.max_bulk_bytes) {
      return fail("invalid bulk length");
    }
    if (*length > kMaxUnauthenticatedBulk && !limits.authenticated) {
      return fail("unauthenticated bulk length", Step::kUnauthenticated);
    }
    at_ = end + 2;
    bulk_size_ = *length;
  }
  std::size_t size = static_cast<std::size_t>(bulk_size_);
  if (command.size() - at_ < size + 2) return Step::kIncomplete;
  piece = {at_, size};
  at_ += size + 2;
  bulk_size_ = -1;
  --arguments_left_;
  return Step::kComplete;
}

RequestParser::Step RequestParser::parse_inline(std::string_view command, RequestBatch& batch, std::size_t& size) {
  std::size_t end = command.find('\n');
  if (end == std::string_view::npos) {
    return command.size() > kMaxLine ? fail("too big inline request") : Step::kIncomplete;
  }
  size = end + 1;
  std::string_view line = command.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::size_t first = batch.arguments.size();
  if (!split_plain(line, [&batch](std::string_view word) { batch.arguments.push_back(word); })) {
    auto arguments = split_arguments(line);
    if (!arguments) return fail("unbalanced quotes in request");
    for (std::string& argument : *arguments) {
      batch.inline_arguments.push_back(std::move(argument));
      batch.arguments.push_back(batch.inline_arguments.back());
    }
  }
  const std::size_t count = batch.arguments.size() - first;
  if (count > 0) batch.requests.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count), {}});
  return Step::kComplete;
}

RequestParser::Step RequestParser::fail(std::string text, Step step) {
  error_ = "ERR Protocol error: " + std::move(text);
  return step;
}

}  // namespace terrace
