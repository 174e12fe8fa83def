// Every byte of a small data directory is flipped in turn (one bit, or all of them), the store opened, every key read.
// Accepted for each key is the value written last, or an error that names the damaged file; accepted for the whole is
// that the store refuses to start and names the file. A wrong value is never accepted, nor a missing key.
//
// But for one thing: the last frame of the log. A frame is known to have been durable by what a later frame says of it
// (or a checkpoint); nothing says so of the last one, and damage to it looks like a write that a power cut tore. So
// where the flipped byte lies in the last frame, the state without that frame's change is accepted too. The store says
// that it cut a tail if a frame's header can be made out; if the header's magic or serial is what was hit, it looks
// like the end of the log, and nothing can be said. Earlier frames have no such excuse, nor has anything else.
//
// Of long runs of zeros (allocated, never written) only every 61st byte is flipped: they are alike.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "storage/base/file_path.h"
#include "storage/log/frame.h"
#include "tests/simulation/scripted_store.h"

namespace terrace::simulation {
namespace {

using storage::kTinyLimits;

constexpr std::uint64_t kCapacity = std::uint64_t{1} << 40;
constexpr std::uint64_t kPageSize = storage::kPageSize;
constexpr unsigned kKeys = 40;
constexpr std::uint64_t kZeroStride = 61;
constexpr std::uint64_t kLongZeros = 64;

struct File {
  bool directory = false;
  std::vector<std::byte> bytes;
};
using Files = std::map<std::string, File>;

struct Directory {
  Files files;
  Model expected{1};
  Model without_last{1};  // before the last frame's change
  std::string last_file;  // where the last frame lies
  std::uint64_t last_begin = 0;
  std::uint64_t last_end = 0;
};

struct Flip {
  std::string path;
  std::uint64_t offset;
  std::byte mask;
};

struct Tally {
  std::uint64_t flips = 0;
  std::uint64_t unharmed = 0;    // every key has its value
  std::uint64_t refused = 0;     // no start, the file named
  std::uint64_t key_errors = 0;  // some keys answer with an error, the others with their values
  std::uint64_t tail_cut = 0;    // the last frame's change is gone, and the store said so
  std::uint64_t tail_lost = 0;   // the same, taken for the end of the log
};

[[noreturn]] void fail(const Flip& flip, const std::string& what) {
  simulation::fail(flip.path + " at offset " + std::to_string(flip.offset) + ", bits " +
                   std::to_string(std::to_integer<unsigned>(flip.mask)) + " flipped: " + what);
}

// --- the directory

void must(const Result<void>& result) {
  if (!result.ok()) simulation::fail("a good disk, and yet " + result.error().message);
}

void first_life(ScriptedStore& store) {
  must(store.open());
  for (unsigned number = 0; number < 24; ++number) must(store.write(scripted_set(number, 160 + 9 * number, 1)));
  must(store.write(scripted_set(24, 3000, 1)));
  must(store.spill_all());
  must(store.checkpoint());
  must(store.close(false));
}

// Leaves a spilled and a compacted segment, a checkpoint, and a log that goes on behind it.
void second_life(ScriptedStore& store, const Oracle& oracle, Directory& directory) {
  must(store.open());
  for (unsigned number = 0; number < 24; number += 2) must(store.write(scripted_set(number, 90 + 5 * number, 2)));
  must(store.write({.kind = Effect::Kind::kDelete, .key = scripted_key(3)}));
  must(store.compact());
  must(store.spill_all());
  must(store.checkpoint());
  if (store.engine().statistics().compacted_records == 0) simulation::fail("the script compacts nothing");
  if (store.engine().statistics().dictionary == 0) simulation::fail("the script learns no dictionary");
  for (unsigned number = 22; number < kKeys - 1; ++number) must(store.write(scripted_set(number, 30, 3)));
  must(store.write({.kind = Effect::Kind::kDelete, .key = scripted_key(5)}));
  directory.without_last = oracle.current();
  must(store.write(scripted_set(6, 30, 4)));
  directory.expected = oracle.current();
  must(store.close(false));
}

// The last frame of the highest log file that has one.
void find_last_frame(Directory& directory) {
  for (const auto& [path, file] : directory.files) {
    if (!path.starts_with("log/")) continue;
    const std::span<const std::byte> bytes(file.bytes);
    for (std::uint64_t offset = 0; offset < bytes.size();) {
      const auto frame = storage::parse_frame(bytes.subspan(offset));
      if (!frame || storage::FilePath::log(frame->header.file_serial).text() != path) break;
      directory.last_file = path;
      directory.last_begin = offset;
      directory.last_end = offset += storage::frame_size(frame->payload.size());
    }
  }
}

Directory make_directory() {
  World world(7);
  Media media(kCapacity);
  SimulatedClock clock(world);
  Oracle oracle(1);
  Directory directory;
  {
    ScriptedStore store({world, media, clock, oracle, 1});
    first_life(store);
  }
  {
    ScriptedStore store({world, media, clock, oracle, 2});
    second_life(store, oracle, directory);
  }
  for (const auto& [path, content] : media.durable_names()) {
    File& file = directory.files[path];
    file.directory = content->directory;
    file.bytes.resize(content->live_size);
    media.read(*content, 0, file.bytes);
  }
  find_last_frame(directory);
  if (directory.last_file.empty()) simulation::fail("the directory has no log");
  return directory;
}

void copy_to(Media& media, const Files& files, const Flip& flip) {
  for (const auto& [path, file] : files) {
    if (path.empty()) continue;
    const Media::FilePointer made = media.create(path, file.directory);
    if (file.directory || file.bytes.empty()) continue;
    std::vector<std::byte> bytes = file.bytes;
    if (path == flip.path) bytes[flip.offset] ^= flip.mask;
    media.write(*made, 0, bytes);
    media.sync(*made, media.mark());
  }
  for (const auto& [path, file] : files) {
    if (file.directory) media.sync_directory(path, media.mark());
  }
}

// --- one flip

// Reads every key. `old`: some have the value from before the last frame; `errors`: some answer with an error.
struct Reading {
  bool old = false;
  bool errors = false;
};

Reading read_keys(ScriptedStore& store, const Directory& directory, const Flip& flip) {
  const bool in_last =
      flip.path == directory.last_file && flip.offset >= directory.last_begin && flip.offset < directory.last_end;
  Reading reading;
  for (unsigned number = 0; number < kKeys; ++number) {
    const std::string key = scripted_key(number);
    const Result<std::optional<Value>> value = store.read(key);
    if (!value.ok()) {
      if (value.error().message.find(flip.path) == std::string::npos)
        fail(flip, "the error does not name the file: " + value.error().message);
      reading.errors = true;
      continue;
    }
    const auto is = [&](const Model& model) {
      const Value* expected = model.find(0, key);
      return value->has_value() == (expected != nullptr) && (!expected || **value == *expected);
    };
    if (is(directory.expected)) continue;
    if (!in_last || !is(directory.without_last)) fail(flip, "a wrong or missing value of " + key);
    reading.old = true;
  }
  const std::uint64_t size = directory.expected.keys(0).size();
  if (!reading.errors && !reading.old && store.engine().database(0).size() != size) fail(flip, "the size is wrong");
  return reading;
}

void try_flip(const Directory& directory, const Flip& flip, Tally& tally) {
  ++tally.flips;
  World world(mix(flip.offset));
  Media media(kCapacity);
  SimulatedClock clock(world);
  Oracle oracle(1);
  copy_to(media, directory.files, flip);
  ScriptedStore store({world, media, clock, oracle, 3});
  const Result<void> opened = store.open();
  if (!opened.ok()) {
    ++tally.refused;
    if (opened.error().message.find(flip.path) == std::string::npos)
      fail(flip, "the refusal does not name the file: " + opened.error().message);
    return;
  }
  const Reading reading = read_keys(store, directory, flip);
  if (reading.old) {
    ++(store.warnings().empty() ? tally.tail_lost : tally.tail_cut);
  } else {
    ++(reading.errors ? tally.key_errors : tally.unharmed);
  }
  must(store.close(false));
}

// Bytes within a long run of zeros, all but every kZeroStride-th.
std::vector<bool> skipped(const std::vector<std::byte>& bytes) {
  std::vector<bool> skip(bytes.size(), false);
  std::uint64_t zeros = 0;
  for (std::uint64_t offset = 0; offset < bytes.size(); ++offset) {
    zeros = bytes[offset] == std::byte{0} ? zeros + 1 : 0;
    skip[offset] = zeros > kLongZeros && zeros % kZeroStride != 0;
  }
  return skip;
}

void print(const std::string& name, const Tally& tally) {
  const auto number = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  std::printf(
      "%-32s %6llu flips: %6llu unharmed, %6llu refused, %6llu errors of keys, %4llu tail cut, %4llu taken for "
      "the end\n",
      name.c_str(), number(tally.flips), number(tally.unharmed), number(tally.refused), number(tally.key_errors),
      number(tally.tail_cut), number(tally.tail_lost));
}

// Of the bytes to flip: 1, or what TERRACE_FLIP_STRIDE says.
std::uint64_t stride() {
  const char* const wanted = std::getenv("TERRACE_FLIP_STRIDE");
  return wanted != nullptr ? std::max<std::uint64_t>(1, std::strtoull(wanted, nullptr, 10)) : 1;
}

[[noreturn]] void sweep() {
  const Directory directory = make_directory();
  Random random(11);
  Tally all;
  for (const auto& [path, file] : directory.files) {
    Tally tally;
    const std::vector<bool> skip = skipped(file.bytes);
    for (std::uint64_t offset = 0; offset < file.bytes.size(); offset += stride()) {
      if (skip[offset]) continue;
      const std::byte mask = random.below(8) == 0 ? std::byte{0xFF} : std::byte{1} << random.below(8);
      try_flip(directory, {path, offset, mask}, tally);
    }
    if (tally.flips == 0) continue;
    print(path, tally);
    all.flips += tally.flips, all.unharmed += tally.unharmed, all.refused += tally.refused;
    all.key_errors += tally.key_errors, all.tail_cut += tally.tail_cut, all.tail_lost += tally.tail_lost;
  }
  print("all", all);
  std::fflush(stdout);
  std::_Exit(all.refused > 0 && all.key_errors > 0 && all.tail_cut > 0 ? 0 : 1);
}

// In a process of its own, which a broken promise ends.
TEST(ByteFlip, NoByteOfTheDirectoryGivesAWrongValue) {
  if (!kTinyLimits) GTEST_SKIP() << "the directory is small only with tiny limits (build-tiny)";
  EXPECT_EXIT(sweep(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace terrace::simulation
