// replace_file: replaces a small file as a whole, or creates it, so that a power cut leaves either the old or the new
// one: the new one is written beside it and synced, then renamed, then the directory is synced.
// Thread: the reactor's.
#pragma once

#include "io/disk.h"
#include "io/result.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"

namespace terrace::storage {

// Paths below the store's directory; they must live until the task is done.
struct ReplacePaths {
  const char* beside;     // the temporary file; a leftover is removed
  const char* path;       // the file to replace
  const char* directory;  // the directory of both
};

// After an error either file may be there, unless the error came before the rename.
io::Task<Result<void>> replace_file(io::Disk& disk, const ReplacePaths& paths, const AlignedBuffer& content);

}  // namespace terrace::storage
