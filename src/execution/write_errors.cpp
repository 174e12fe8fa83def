#include "src/execution/write_errors.h"

namespace terrace {

std::string refused_write_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNoSpace:
      return "OOM the disk is full: " + error.message +
             ". Writes that take space are accepted again when there is enough; reads and deletes are now.";
    case ErrorCode::kOutOfMemory:
      return "OOM command not allowed when used memory > 'maxmemory': " + error.message;
    default:
      return "MISCONF Errors writing to the AOF file: " + error.message;
  }
}

}  // namespace terrace
