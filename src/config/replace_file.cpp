#include "src/config/replace_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace terrace {
namespace {

std::string write_failure(const std::string& path) {
  return path + ": " + std::strerror(errno);
}

}  // namespace

// Also syncs the directory: without that the rename is not durable.
Result<void> replace_file(const std::string& path, const std::string& text) {
  std::string temporary = path + ".rewrite-" + std::to_string(getpid());
  struct stat old {};
  mode_t mode = stat(path.c_str(), &old) == 0 ? old.st_mode & 0777 : 0644;
  int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return Error{ErrorCode::kIo, write_failure(temporary)};
  bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  Error error{ErrorCode::kIo, write_failure(temporary)};
  close(fd);
  if (written && rename(temporary.c_str(), path.c_str()) == 0) {
    int directory = open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool durable = directory >= 0 && fsync(directory) == 0;
    if (directory >= 0) close(directory);
    if (durable) return {};
    return Error{ErrorCode::kIo, write_failure(path)};
  }
  if (written) error.message = write_failure(path);
  unlink(temporary.c_str());
  return error;
}

}  // namespace terrace
