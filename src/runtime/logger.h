// Logger: writes the server's log lines, in the format of Redis, to stdout or a file, and flushes each line.
// Ownership: owns the file it opened. Thread: the reactor's.
#pragma once

#include <cstdio>
#include <string>

#include "io/result.h"
#include "storage/base/options.h"

namespace terrace {

class Logger {
 public:
  Logger() = default;
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  Result<void> open(const std::string& path);  // "": stdout
  void set_level(storage::LogLevel level) { level_ = level; }

  void write(storage::LogLevel level, const std::string& message);
  void verbose(const std::string& message) { write(storage::LogLevel::kVerbose, message); }
  void notice(const std::string& message) { write(storage::LogLevel::kNotice, message); }
  void warning(const std::string& message) { write(storage::LogLevel::kWarning, message); }

 private:
  std::FILE* file_ = nullptr;  // nullptr: stdout
  storage::LogLevel level_ = storage::LogLevel::kNotice;
};

}  // namespace terrace
