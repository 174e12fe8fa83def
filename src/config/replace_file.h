// replace_file: gives a file a new content, durably and as a whole: a power cut leaves the old or the new one.
// Ownership: no state. Thread: any.
#pragma once

#include <string>

#include "io/result.h"

namespace terrace {

// The message of an error names the file.
Result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace terrace
