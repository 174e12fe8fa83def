#include "src/resp/unit_scanner.h"

#include <algorithm>
#include <climits>
#include <utility>

#include "src/text/integer.h"

namespace terrace {

Result<std::uint64_t> RespUnitScanner::scan(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t ended = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (next_ == Next::kLine) {
      const char character = text[at++];
      const bool whole = character == '\r';
      if (whole ? !take_line() : line_size_ == kMaxLine) {
        return Error{ErrorCode::kCorrupt, "the log holds bytes that are no command"};
      }
      if (!whole) line_[line_size_++] = character;
      continue;
    }
    if (next_ == Next::kLineFeed) {
      ++at;
      next_ = argument_left_ > 0 ? Next::kArgument : Next::kLine;
    } else {
      const std::string_view coming = text.substr(at, argument_left_);
      at += coming.size();
      take_argument(coming);
    }
    if (arguments_left_ > 0) continue;
    Result<void> command = end_command();
    if (!command.ok()) return command.error();
    if (!transaction_) ended = at;
  }
  return std::uint64_t{ended};
}

bool RespUnitScanner::take_line() {
  const std::string_view line(line_, std::exchange(line_size_, 0));
  const bool count = arguments_left_ < 0;
  if (line.empty() || line[0] != (count ? '*' : '$')) return false;
  const std::optional<std::int64_t> number = parse_integer(line.substr(1));
  if (!number || (count ? *number > INT_MAX : *number < 0)) return false;
  next_ = Next::kLineFeed;
  if (count) {
    arguments_left_ = std::max<std::int64_t>(*number, 0);
    first_argument_ = true;
    name_size_ = 0;
  } else {
    argument_left_ = static_cast<std::uint64_t>(*number) + 2;
    if (first_argument_) name_size_ = static_cast<std::uint64_t>(*number);
  }
  return true;
}

void RespUnitScanner::take_argument(std::string_view bytes) {
  const std::uint64_t taken = name_size_ + 2 - argument_left_;
  if (first_argument_ && taken < kNameSize) bytes.copy(name_ + taken, kNameSize - taken);
  argument_left_ -= bytes.size();
  if (argument_left_ > 0) return;
  next_ = Next::kLine;
  first_argument_ = false;
  --arguments_left_;
}

Result<void> RespUnitScanner::end_command() {
  arguments_left_ = -1;
  const std::string_view name(name_, std::min<std::uint64_t>(name_size_, kNameSize));
  const bool begins = name_size_ == 5 && name == "MULTI";
  const bool ends = name_size_ == 4 && name == "EXEC";
  if (begins && transaction_) return Error{ErrorCode::kCorrupt, "the log holds a MULTI between MULTI and EXEC"};
  if (ends && !transaction_) return Error{ErrorCode::kCorrupt, "the log holds an EXEC without its MULTI"};
  transaction_ = begins || (transaction_ && !ends);
  return {};
}

}  // namespace terrace
