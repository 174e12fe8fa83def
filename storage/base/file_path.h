// FilePath: a file's path below the store's directory, by kind and serial. The text is built only on demand: every read
// and write names its file, but only a failed one needs the text.
// Ownership: none; a fixed path's text must outlive the FilePath.
// Thread: any.
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

  const char* text_;  // the whole path, or the directory
  const char* extension_ = nullptr;
  std::uint64_t serial_ = 0;
};

}  // namespace terrace::storage
