// The results of disk operations as errors that name the file. The one place that compares results with sizes.
#pragma once

#include <cstdint>

#include "io/result.h"
#include "storage/base/file_path.h"
#include "storage/base/mutant.h"

namespace terrace::storage {

// `result` is -errno.
Error disk_error(const char* operation, const FilePath& path, std::int64_t result);

// For operations whose result is not a size.
Result<void> check_done(const char* operation, const FilePath& path, std::int32_t result);
Error short_transfer(const char* operation, const FilePath& path, std::uint64_t offset, std::int32_t result,
                     std::uint64_t size);
// For reads and writes: a short one is an error, however much was transferred.
inline Result<void> check_full(const char* operation, const FilePath& path, std::uint64_t offset, std::int32_t result,
                               std::uint64_t size) {
  if (result >= 0 && static_cast<std::uint64_t>(result) == size) return {};
  if (result < 0) return disk_error(operation, path, result);
  if (mutant(Mutant::kIgnoreShortWrite)) return {};
  return short_transfer(operation, path, offset, result, size);
}

}  // namespace terrace::storage
