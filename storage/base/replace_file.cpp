#include "storage/base/replace_file.h"

#include <cerrno>

#include "storage/base/disk_error.h"

namespace terrace::storage {

namespace {

io::Task<Result<void>> write_all(io::Disk& disk, const char* path, io::FileHandle file, const AlignedBuffer& content) {
  const io::Disk::WriteSyncResult result = co_await disk.write_sync(file, 0, content.span());
  Result<void> full = check_full("write", path, 0, result.written, content.size());
  if (!full.ok()) co_return full;
  co_return check_done("sync", path, result.synced);
}

}  // namespace

io::Task<Result<void>> replace_file(io::Disk& disk, const ReplacePaths& paths, const AlignedBuffer& content) {
  const std::int32_t removed = co_await disk.unlink(paths.beside);
  if (removed < 0 && removed != -ENOENT) co_return disk_error("unlink", paths.beside, removed);
  const std::int32_t file = co_await disk.open(paths.beside, io::OpenMode::kCreate);
  if (file < 0) co_return disk_error("create", paths.beside, file);
  Result<void> written = co_await write_all(disk, paths.beside, file, content);
  co_await disk.close(file);
  if (!written.ok()) co_return written;
  const std::int32_t renamed = co_await disk.rename(paths.beside, paths.path);
  if (renamed < 0) co_return disk_error("rename", paths.beside, renamed);
  const std::int32_t synced = co_await disk.sync_directory(paths.directory);
  co_return check_done("sync directory", *paths.directory ? paths.directory : ".", synced);
}

}  // namespace terrace::storage
