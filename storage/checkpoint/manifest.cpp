#include "storage/checkpoint/manifest.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "storage/base/aligned_buffer.h"
#include "storage/base/disk_error.h"
#include "storage/base/replace_file.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kManifestMagic = 0x464D5254;  // "TRMF"
constexpr std::uint32_t kManifestVersion = 1;
constexpr const char* kNewManifestPath = "MANIFEST.new";

struct RawManifest {
  std::uint64_t checksum;  // XXH3 of the rest
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t size;
  std::uint32_t page_size;
  std::uint64_t segment_size;
  std::uint64_t log_file_size;
  std::uint64_t store_id;
  std::uint64_t generation;
  std::uint64_t checkpoint_serial;
  std::uint64_t log_position;
  std::uint64_t log_sequence;
  std::uint64_t log_chain;
  std::uint64_t log_file_serial;
  std::uint64_t log_file_offset;
  std::uint64_t next_segment_serial;
  std::uint32_t next_database_id;
  std::uint32_t reserved;
};
static_assert(sizeof(RawManifest) == 120);

std::uint64_t checksum_of(const RawManifest& raw) {
  return XXH3_64bits(reinterpret_cast<const char*>(&raw) + sizeof raw.checksum, sizeof raw - sizeof raw.checksum);
}

}  // namespace

io::Task<Result<void>> write_manifest(io::Disk& disk, const Manifest& manifest) {
  RawManifest raw{};
  raw.magic = kManifestMagic;
  raw.version = kManifestVersion;
  raw.size = sizeof raw;
  raw.page_size = kPageSize;
  raw.segment_size = kSegmentSize;
  raw.log_file_size = kLogFileSize;
  raw.store_id = manifest.store_id;
  raw.generation = manifest.generation;
  raw.checkpoint_serial = manifest.checkpoint_serial;
  raw.log_position = manifest.log.position;
  raw.log_sequence = manifest.log.sequence;
  raw.log_chain = manifest.log.chain;
  raw.log_file_serial = manifest.log.file_serial;
  raw.log_file_offset = manifest.log.file_offset;
  raw.next_segment_serial = manifest.next_segment_serial;
  raw.next_database_id = manifest.next_database_id;
  raw.checksum = checksum_of(raw);
  AlignedBuffer page(kPageSize);
  std::memset(page.data(), 0, page.size());
  std::memcpy(page.data(), &raw, sizeof raw);
  co_return co_await replace_file(disk, {kNewManifestPath, kManifestPath, ""}, page);
}

namespace {

Result<Manifest> parse_manifest(const std::byte* bytes) {
  RawManifest raw;
  std::memcpy(&raw, bytes, sizeof raw);
  if (raw.magic != kManifestMagic) return Error{ErrorCode::kCorrupt, "MANIFEST: not a manifest of Terrace (offset 8)"};
  if (raw.version != kManifestVersion) {
    return Error{ErrorCode::kUnsupported, "MANIFEST: the data directory is of version " + std::to_string(raw.version) +
                                              ", this server knows version " + std::to_string(kManifestVersion)};
  }
  if (raw.size != sizeof raw || raw.checksum != checksum_of(raw)) {
    return Error{ErrorCode::kCorrupt, "MANIFEST: checksum does not match (offset 0); restore the file from a copy"};
  }
  if (raw.page_size != kPageSize || raw.segment_size != kSegmentSize || raw.log_file_size != kLogFileSize) {
    return Error{ErrorCode::kUnsupported,
                 "MANIFEST: made by a build with other limits (pages of " + std::to_string(raw.page_size) + " bytes)"};
  }
  Manifest manifest;
  manifest.store_id = raw.store_id;
  manifest.generation = raw.generation;
  manifest.checkpoint_serial = raw.checkpoint_serial;
  manifest.log = {raw.log_position, raw.log_sequence, raw.log_chain, raw.log_file_serial, raw.log_file_offset};
  manifest.next_segment_serial = raw.next_segment_serial;
  manifest.next_database_id = raw.next_database_id;
  return manifest;
}

}  // namespace

io::Task<Result<Manifest>> read_manifest(io::Disk& disk) {
  const std::int32_t file = co_await disk.open(kManifestPath, io::OpenMode::kWrite);
  if (file < 0) co_return disk_error("open", kManifestPath, file);
  const std::int32_t synced = co_await disk.sync(file);
  AlignedBuffer page(kPageSize);
  const std::int32_t read = co_await disk.read(file, 0, page.span());
  co_await disk.close(file);
  if (synced < 0) co_return disk_error("sync", kManifestPath, synced);
  if (read >= 0 && static_cast<std::size_t>(read) < page.size()) {
    co_return Error{ErrorCode::kCorrupt,
                    "MANIFEST: cut short at " + std::to_string(read) + " bytes; restore the file from a copy"};
  }
  Result<void> full = check_full("read", kManifestPath, 0, read, page.size());
  if (!full.ok()) co_return full.error();
  co_return parse_manifest(page.data());
}

}  // namespace terrace::storage
