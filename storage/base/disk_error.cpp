#include "storage/base/disk_error.h"

#include <cstring>

#include "io/system_error.h"

namespace terrace::storage {

Error disk_error(const char* operation, const FilePath& path, std::int64_t result) {
  const int number = static_cast<int>(-result);
  return {io::error_code(number), std::string(operation) + " " + path.text() + ": " + std::strerror(number)};
}

Result<void> check_done(const char* operation, const FilePath& path, std::int32_t result) {
  if (result < 0) return disk_error(operation, path, result);
  return {};
}

Error short_transfer(const char* operation, const FilePath& path, std::uint64_t offset, std::int32_t result,
                     std::uint64_t size) {
  return {ErrorCode::kIo, std::string(operation) + " " + path.text() + " at offset " + std::to_string(offset) +
                              ": only " + std::to_string(result) + " of " + std::to_string(size) + " bytes"};
}

}  // namespace terrace::storage
