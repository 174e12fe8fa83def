// Result<T>: a value or an Error. The one error type of all floors; no exception crosses a floor.
// Thread: a plain value.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace terrace {

// The kind of an error, for the code that decides what to do about it; Error::message is for people.
enum class ErrorCode : unsigned char {
  kIo,           // the device or file system refused or failed an operation
  kNoSpace,      // ENOSPC, EDQUOT, or the disk governor's reserve is reached
  kNoFiles,      // EMFILE, ENFILE: the process or the system has no further file descriptor
  kDenied,       // EACCES, EPERM, EROFS
  kCorrupt,      // a checksum, length, magic or cross-reference does not hold
  kUnsupported,  // a version or a kernel feature this build does not know
  kInvalid,      // bad input: configuration, argument, protocol
  kBusy,         // in use by another process or operation
  kNotFound,     // a file that should be there is not
  kOutOfMemory,  // a memory limit would be exceeded
  kShutdown,     // the component is closing and accepts no more work
};

struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;
};

// Ends the process because of a broken invariant. Stays on in release builds: to continue would write garbage to disk.
[[noreturn]] inline void panic(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, what);
  std::abort();
}

// Checked in every build type. For invariants whose breach would damage data or memory.
#define TERRACE_CHECK(condition) ((condition) ? static_cast<void>(0) : ::terrace::panic(__FILE__, __LINE__, #condition))

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    TERRACE_CHECK(ok());
    return *std::get_if<0>(&content_);
  }
  const T& value() const& {
    TERRACE_CHECK(ok());
    return *std::get_if<0>(&content_);
  }
  T&& value() && {
    TERRACE_CHECK(ok());
    return std::move(*std::get_if<0>(&content_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    TERRACE_CHECK(!ok());
    return *std::get_if<1>(&content_);
  }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    TERRACE_CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace terrace
