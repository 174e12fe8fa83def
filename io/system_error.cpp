#include "io/system_error.h"

#include <cerrno>
#include <system_error>

namespace terrace::io {

ErrorCode error_code(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EMFILE:
    case ENFILE:
      return ErrorCode::kNoFiles;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kDenied;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case ENOMEM:
    case ENOBUFS:
      return ErrorCode::kOutOfMemory;
    case EBUSY:
    case EADDRINUSE:
    case EWOULDBLOCK:
      return ErrorCode::kBusy;
    case EINVAL:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENAMETOOLONG:
      return ErrorCode::kInvalid;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    case ECANCELED:
      return ErrorCode::kShutdown;
    default:
      return ErrorCode::kIo;
  }
}

Error system_error(int error_number, std::string_view what) {
  std::string message(what);
  message += ": ";
  message += std::generic_category().message(error_number);
  return Error{error_code(error_number), std::move(message)};
}

}  // namespace terrace::io
