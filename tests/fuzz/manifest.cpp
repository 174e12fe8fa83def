// The manifest: any bytes give an error or a manifest that is written and read back the same; a good one with bytes
// flipped is refused unless the flips lie behind what its checksum covers.
#include "storage/checkpoint/manifest.h"

#include <fuzzer/FuzzedDataProvider.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tests/fuzz/memory_disk.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

namespace {

using namespace terrace::storage;

constexpr std::size_t kSize = 120;  // what counts of the page

std::string fields_of(const Manifest& manifest) {
  std::string text;
  for (const std::uint64_t field :
       {manifest.store_id, manifest.generation, manifest.checkpoint_serial, manifest.log.position,
        manifest.log.sequence, manifest.log.chain, manifest.log.file_serial, manifest.log.file_offset,
        manifest.next_segment_serial, std::uint64_t{manifest.next_database_id}}) {
    text += std::to_string(field) + " ";
  }
  return text;
}

std::string write(const Manifest& manifest) {
  MemoryDisk disk;
  const Result<void> written = disk.run(write_manifest(disk, manifest));
  FUZZ_REQUIRE(written.ok(), "a good disk refused a manifest");
  return disk.file(kManifestPath);
}

Result<Manifest> read(const std::string& bytes) {
  MemoryDisk disk;
  disk.file(kManifestPath) = bytes;
  Result<Manifest> manifest = disk.run(read_manifest(disk));
  FUZZ_REQUIRE(disk.handles_open() == 0, "the manifest is left open");
  return manifest;
}

Manifest make_manifest(FuzzedDataProvider& input) {
  Manifest manifest;
  manifest.store_id = input.ConsumeIntegral<std::uint64_t>();
  manifest.generation = input.ConsumeIntegral<std::uint64_t>();
  manifest.checkpoint_serial = input.ConsumeIntegral<std::uint64_t>();
  manifest.log = {input.ConsumeIntegral<std::uint64_t>(), input.ConsumeIntegral<std::uint64_t>(),
                  input.ConsumeIntegral<std::uint64_t>(), input.ConsumeIntegral<std::uint64_t>(),
                  input.ConsumeIntegral<std::uint64_t>()};
  manifest.next_segment_serial = input.ConsumeIntegral<std::uint64_t>();
  manifest.next_database_id = input.ConsumeIntegral<std::uint32_t>();
  return manifest;
}

void mend(std::string& bytes) {
  if (bytes.size() < kSize) return;
  const std::uint64_t checksum = XXH3_64bits(bytes.data() + 8, kSize - 8);
  std::memcpy(bytes.data(), &checksum, sizeof checksum);
}

void check_read(const std::string& bytes) {
  const Result<Manifest> manifest = read(bytes);
  if (!manifest.ok()) {
    FUZZ_REQUIRE(manifest.error().message.starts_with("MANIFEST"), manifest.error().message);
    return;
  }
  const Result<Manifest> again = read(write(*manifest));
  FUZZ_REQUIRE(again.ok() && fields_of(*again) == fields_of(*manifest), "written, it reads otherwise");
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool mended = input.ConsumeBool();
  if (input.ConsumeBool()) {
    std::string bytes = input.ConsumeRemainingBytesAsString();
    if (mended) mend(bytes);
    check_read(bytes);
    return;
  }
  const Manifest manifest = make_manifest(input);
  std::string bytes = write(manifest);
  const unsigned flips = input.ConsumeIntegralInRange<unsigned>(0, 5);
  for (unsigned i = 0; i < flips; ++i) {
    const std::size_t at =
        input.ConsumeIntegralInRange<std::size_t>(0, input.ConsumeBool() ? kSize - 1 : bytes.size() - 1);
    bytes[at] = static_cast<char>(bytes[at] ^ input.ConsumeIntegral<char>());
  }
  if (mended) {
    mend(bytes);
    check_read(bytes);
    return;
  }
  const Result<Manifest> found = read(bytes);
  FUZZ_REQUIRE(found.ok() || flips > 0, "refused as it was written");
  FUZZ_REQUIRE(!found.ok() || fields_of(*found) == fields_of(manifest), "damage was taken for a manifest");
}

std::vector<std::string> seeds() {
  Manifest manifest;
  manifest.store_id = 7;
  manifest.checkpoint_serial = 2;
  const std::string bytes = write(manifest);
  // Behind the bytes what is read first: a raw manifest, as it is and with its checksum put right.
  return {bytes + "\x01" + std::string(1, '\0'), bytes + "\x01\x01", std::string(96, '\x21') + std::string(2, '\0')};
}

std::vector<std::string> words() {
  return {"TRMF", std::string("\x78\0\0\0", 4), std::string("\0\2\0\0", 4)};
}

}  // namespace terrace::fuzz
