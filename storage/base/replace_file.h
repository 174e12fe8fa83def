// replace_file: puts a whole small file in the place of an older one, or of none, so that a power cut leaves the one or
// the other: written beside it, made durable, renamed, the directory made durable.
// Thread: the reactor's.
#pragma once

#include "io/disk.h"
#include "io/result.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"

namespace terrace::storage {

// Names below the store's directory; they must live until this ends.
struct ReplacePaths {
  const char* beside;     // where it is written; a leftover there is removed
  const char* path;       // what it becomes
  const char* directory;  // of both
};

// On an error nothing says which of the two files is there, unless `path` was not yet renamed to.
io::Task<Result<void>> replace_file(io::Disk& disk, const ReplacePaths& paths, const AlignedBuffer& content);

}  // namespace terrace::storage
