#include "storage/segment/dictionaries.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "storage/base/aligned_buffer.h"
#include "storage/base/disk_error.h"
#include "storage/base/limits.h"
#include "storage/base/replace_file.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kDictionaryMagic = 0x43445254;  // "TRDC"
constexpr std::uint32_t kDictionaryVersion = 1;
constexpr char kDirectory[] = "dictionaries";
constexpr char kNewPath[] = "dictionaries/new";
constexpr unsigned kCopies = 2;  // so that one bad sector does not cost every page packed with it

struct DictionaryHeader {
  std::uint64_t checksum;  // of everything in the copy behind this field
  std::uint32_t magic;
  std::uint32_t version;
  std::uint64_t store_id;
  std::uint32_t id;
  std::uint32_t size;
};
static_assert(sizeof(DictionaryHeader) == 32);

// A copy takes whole pages, as many as the largest dictionary needs, so that the second copy is found without the
// first.
constexpr std::size_t kCopySize = (sizeof(DictionaryHeader) + kDictionarySize + kPageSize - 1) / kPageSize * kPageSize;

std::uint64_t checksum_of(std::span<const std::byte> copy) {
  return XXH3_64bits(copy.data() + sizeof(std::uint64_t), copy.size() - sizeof(std::uint64_t));
}

void write_copy(std::span<std::byte> copy, std::uint64_t store_id, const Dictionary& dictionary) {
  std::memset(copy.data(), 0, copy.size());
  DictionaryHeader header{0,        kDictionaryMagic, kDictionaryVersion,
                          store_id, dictionary.id(),  static_cast<std::uint32_t>(dictionary.bytes().size())};
  std::memcpy(copy.data(), &header, sizeof header);
  std::memcpy(copy.data() + sizeof header, dictionary.bytes().data(), dictionary.bytes().size());
  header.checksum = checksum_of(copy);
  std::memcpy(copy.data(), &header.checksum, sizeof header.checksum);
}

std::optional<std::string> read_copy(std::span<const std::byte> copy, std::uint64_t store_id, std::uint32_t id) {
  DictionaryHeader header;
  std::memcpy(&header, copy.data(), sizeof header);
  if (header.magic != kDictionaryMagic || header.version != kDictionaryVersion || header.store_id != store_id ||
      header.id != id || header.size == 0 || header.size > kDictionarySize || header.checksum != checksum_of(copy)) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(copy.data()) + sizeof header, header.size);
}

}  // namespace

io::Task<Result<void>> Dictionaries::load(std::uint64_t store_id, const std::function<void(const Error&)>& report) {
  store_id_ = store_id;
  Result<std::vector<std::string>> names = disk_.list(kDirectory);
  if (!names.ok()) co_return names.error();
  for (const std::string& name : *names) {
    char* end = nullptr;
    const auto id = static_cast<std::uint32_t>(std::strtoul(name.c_str(), &end, 10));
    if (id == 0 || std::strcmp(end, ".dic") != 0) continue;
    next_id_ = std::max(next_id_, id + 1);
    Result<std::unique_ptr<Dictionary>> found = co_await read(id, report);
    // A file that cannot be read now may be readable at the next start, so the store does not start without it.
    if (!found.ok() && found.error().code != ErrorCode::kCorrupt) co_return found.error();
    if (!found.ok()) {
      report(found.error());
    } else if (!add(std::move(*found))) {
      report({ErrorCode::kCorrupt, FilePath::dictionary(id).text() + ": another dictionary has its fingerprint"});
    }
  }
  co_return Result<void>();
}

io::Task<Result<std::unique_ptr<Dictionary>>> Dictionaries::read(std::uint32_t id,
                                                                 const std::function<void(const Error&)>& report) {
  const std::string path = FilePath::dictionary(id).text();
  const std::int32_t file = co_await disk_.open(path.c_str(), io::OpenMode::kRead);
  if (file < 0) co_return disk_error("open", path, file);
  const Result<std::uint64_t> size = disk_.file_size(path);
  if (!size.ok()) {
    co_await disk_.close(file);
    co_return size.error();
  }
  AlignedBuffer copy(kCopySize);
  Result<void> damaged;
  std::optional<std::string> bytes;
  for (unsigned number = 0; number < kCopies && !bytes; ++number) {
    const std::uint64_t offset = number * kCopySize;
    const std::int32_t got = co_await disk_.read(file, offset, copy.span());
    Result<void> full = check_full("read", path, offset, got, kCopySize);
    // A short read means damage if the file ends there; otherwise a failure that may be temporary.
    if (got >= 0 && !full.ok() && *size < offset + kCopySize) full = Error{ErrorCode::kCorrupt, full.error().message};
    if (full.ok()) bytes = read_copy(copy.span(), store_id_, id);
    if (!bytes && full.ok()) {
      full = Error{ErrorCode::kCorrupt, path + ": the copy at offset " + std::to_string(offset) + " is damaged"};
    }
    // A copy that cannot be read may still be intact.
    if (!bytes && (damaged.ok() || full.error().code != ErrorCode::kCorrupt)) damaged = full;
    if (bytes && !damaged.ok()) report({ErrorCode::kCorrupt, damaged.error().message + "; the other one is used"});
  }
  co_await disk_.close(file);
  if (!bytes) co_return damaged.error();
  co_return std::make_unique<Dictionary>(id, std::move(*bytes));
}

bool Dictionaries::add(std::unique_ptr<Dictionary> dictionary) {
  const auto [place, added] = known_.try_emplace(dictionary->fingerprint(), std::move(dictionary));
  if (added && (!current_ || current_->id() < place->second->id())) current_ = place->second.get();
  return added;
}

io::Task<Result<void>> Dictionaries::adopt(std::unique_ptr<Dictionary> dictionary) {
  TERRACE_CHECK(dictionary->id() >= next_id_);
  if (known_.contains(dictionary->fingerprint())) co_return Result<void>();  // the present one is the same
  AlignedBuffer content(kCopies * kCopySize);
  for (unsigned number = 0; number < kCopies; ++number) {
    write_copy(content.span().subspan(number * kCopySize, kCopySize), store_id_, *dictionary);
  }
  const std::string path = FilePath::dictionary(dictionary->id()).text();
  // Whatever the result, the name may be in use now.
  next_id_ = dictionary->id() + 1;
  Result<void> durable = co_await replace_file(disk_, {kNewPath, path.c_str(), kDirectory}, content);
  if (durable.ok()) add(std::move(dictionary));
  co_return durable;
}

}  // namespace terrace::storage
