#include "storage/base/file_path.h"

#include <cstdio>

namespace terrace::storage {

std::string FilePath::text() const {
  if (!extension_) return text_;
  char name[64];
  std::snprintf(name, sizeof name, "%s%012llu%s", text_, static_cast<unsigned long long>(serial_), extension_);
  return name;
}

}  // namespace terrace::storage
