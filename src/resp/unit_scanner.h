// RespUnitScanner: finds the ends of units in the log's RESP: behind a command, or behind a transaction's EXEC. It
// finds commands exactly as RequestParser does, but keeps none of their bytes.
// Ownership: a plain value.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/log/log_applier.h"

namespace terrace {

class RespUnitScanner final : public storage::UnitScanner {
 public:
  Result<std::uint64_t> scan(std::span<const std::byte> bytes) override;

 private:
  enum class Next : std::uint8_t {
    kLine,      // how many arguments a command has, or how large the next one is
    kLineFeed,  // the line's last byte
    kArgument,  // and the two bytes behind it
  };
  static constexpr std::size_t kMaxLine = 21;  // a character, and the most that parse_integer() accepts
  static constexpr std::size_t kNameSize = 5;  // of "MULTI"

  // False: the line has no valid number.
  bool take_line();
  void take_argument(std::string_view bytes);
  Result<void> end_command();

  Next next_ = Next::kLine;
  bool transaction_ = false;          // behind MULTI, before EXEC
  std::int64_t arguments_left_ = -1;  // -1: the command's first line has not come yet
  std::uint64_t argument_left_ = 0;   // bytes, including the two behind it
  bool first_argument_ = false;       // the next argument, or the one being read, is the first
  std::uint64_t name_size_ = 0;       // of the first argument
  char name_[kNameSize] = {};         // its beginning
  char line_[kMaxLine] = {};
  std::size_t line_size_ = 0;
};

}  // namespace terrace
