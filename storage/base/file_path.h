// FilePath: where a file lies below the store's directory, by kind and serial. Its text is put together only when asked
// for: every read and write names its file, and only those that fail need the name.
// Ownership: none; a fixed path's text must outlive it. Thread: any.
#pragma once

#include <cstdint>
#include <string>

namespace terrace::storage {

class FilePath {
 public:
  FilePath(const char* fixed) : text_(fixed) {}  // NOLINT(google-explicit-constructor): MANIFEST, directories
  FilePath(const std::string& fixed) : text_(fixed.c_str()) {}  // NOLINT(google-explicit-constructor)

  static FilePath log(std::uint64_t serial) { return {"log/", serial, ".log"}; }
  static FilePath segment(std::uint64_t serial) { return {"segments/", serial, ".seg"}; }
  static FilePath dictionary(std::uint64_t id) { return {"dictionaries/", id, ".dic"}; }
  static FilePath checkpoint(std::uint64_t serial) { return {"checkpoints/", serial, ".ckp"}; }

  std::string text() const;

 private:
  FilePath(const char* directory, std::uint64_t serial, const char* extension)
      : text_(directory), extension_(extension), serial_(serial) {}

  const char* text_;  // all of it, or the directory
  const char* extension_ = nullptr;
  std::uint64_t serial_ = 0;
};

}  // namespace terrace::storage
