// Manifest: the one small file that names everything the store consists of. It is replaced as a whole (replace_file.h).
// See FORMAT.md.
// Thread: the reactor's.
#pragma once

#include <cstdint>

#include "io/disk.h"
#include "io/task.h"
#include "storage/log/log.h"

namespace terrace::storage {

inline constexpr const char* kManifestPath = "MANIFEST";

struct Manifest {
  std::uint64_t store_id = 0;
  std::uint64_t generation = 0;         // counts the manifests of this store
  std::uint64_t checkpoint_serial = 0;  // 0: none yet, the log has everything
  LogMark log;                          // where replay begins
  std::uint64_t next_segment_serial = 1;
  std::uint32_t next_database_id = 0;
};

io::Task<Result<void>> write_manifest(io::Disk& disk, const Manifest& manifest);
// kNotFound if there is none.
io::Task<Result<Manifest>> read_manifest(io::Disk& disk);

}  // namespace terrace::storage
