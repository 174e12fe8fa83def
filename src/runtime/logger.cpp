#include "src/runtime/logger.h"

#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace terrace {

Logger::~Logger() {
  if (file_) std::fclose(file_);
}

Result<void> Logger::open(const std::string& path) {
  std::FILE* file = nullptr;
  if (!path.empty()) {
    file = std::fopen(path.c_str(), "a");
    if (file == nullptr) return Error{ErrorCode::kIo, "Can't open the log file: " + std::string(std::strerror(errno))};
  }
  if (file_) std::fclose(file_);
  file_ = file;
  return {};
}

void Logger::write(storage::LogLevel level, const std::string& message) {
  if (level < level_) return;
  timeval now;
  gettimeofday(&now, nullptr);
  tm broken_down;
  localtime_r(&now.tv_sec, &broken_down);
  char time[64];
  std::size_t size = std::strftime(time, sizeof time, "%d %b %Y %H:%M:%S.", &broken_down);
  std::snprintf(time + size, sizeof time - size, "%03d", static_cast<int>(now.tv_usec / 1000));
  std::FILE* out = file_ ? file_ : stdout;
  std::fprintf(out, "%d:M %s %c %s\n", static_cast<int>(getpid()), time, ".-*#"[static_cast<int>(level)],
               message.c_str());
  std::fflush(out);
}

}  // namespace terrace
