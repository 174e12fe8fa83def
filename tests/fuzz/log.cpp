// The log: any bytes as frames and as log files are read to some end. A log that was written here, of several files
// with frames rewritten at their seams and unfinished units cut off, is read back whole, each byte scanned once; damaged,
// its beginning is read up to all that an undamaged frame calls durable, or the reader refuses. Only whole units are
// applied. With checksums put right, only that it ends.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstring>

#include "storage/base/file_path.h"
#include "storage/engine.h"
#include "storage/log/log_reader.h"
#include "tests/fuzz/memory_disk.h"
#include "tests/fuzz/target.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace terrace::fuzz {

namespace {

using namespace terrace::storage;

constexpr std::uint64_t kStore = 7;

// Entries are | u8: size, and in its upper bit whether the unit goes on with the next entry | bytes |.
constexpr unsigned kGoesOn = 0x80;

// Finds the ends of units; counts what it was given.
class Scanner final : public UnitScanner {
 public:
  explicit Scanner(std::uint64_t& scanned_bytes) : scanned_bytes_(scanned_bytes) {}

  Result<std::uint64_t> scan(std::span<const std::byte> bytes) override {
    scanned_bytes_ += bytes.size();
    std::uint64_t ended = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      if (!in_entry_) {
        const auto head = std::to_integer<unsigned>(bytes[at++]);
        left_ = head % kGoesOn;
        goes_on_ = head >= kGoesOn;
        in_entry_ = true;
      }
      const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size() - at);
      at += taken;
      left_ -= taken;
      if (left_ > 0) continue;
      in_entry_ = false;
      if (!goes_on_) ended = at;
    }
    return ended;
  }

 private:
  std::uint64_t& scanned_bytes_;
  std::uint64_t left_ = 0;
  bool in_entry_ = false;
  bool goes_on_ = false;
};

// The units that `bytes` begin with, whole ones.
std::string_view whole_units(std::string_view bytes) {
  std::uint64_t scanned = 0;
  return bytes.substr(0, std::move(Scanner(scanned).scan(std::as_bytes(std::span(bytes)))).value());
}

class Applier final : public LogApplier {
 public:
  std::unique_ptr<UnitScanner> make_scanner() override { return std::make_unique<Scanner>(scanned_bytes); }
  io::Task<Result<void>> apply(std::span<const std::byte> bytes) override {
    FUZZ_REQUIRE(bytes.size() <= std::max(kReplayWindow, kMaxFrameSize), "more at once than memory is meant to hold");
    applied.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    co_return Result<void>();
  }
  std::string applied;
  std::uint64_t scanned_bytes = 0;
};

struct Outcome {
  Result<void> result;
  std::string applied;
};

Outcome replay(MemoryEnvironment& environment, const std::vector<std::uint64_t>& serials) {
  MemoryDisk& disk = environment.disk();
  Applier applier;
  LogReader reader(environment, kStore, LogMark{});
  Outcome outcome;
  outcome.result = disk.run(reader.replay(serials, applier));
  FUZZ_REQUIRE(disk.handles_open() == 0, "a log file is left open");
  FUZZ_REQUIRE(applier.scanned_bytes == reader.replayed_bytes(), "a byte was scanned twice");
  FUZZ_REQUIRE(whole_units(applier.applied).size() == applier.applied.size(), "half of a unit was applied");
  FUZZ_REQUIRE(!outcome.result.ok() || reader.tail().position == applier.applied.size(), "the log goes on elsewhere");
  outcome.applied = std::move(applier.applied);
  return outcome;
}

// --- a log as the writer makes it

struct WrittenFrame {
  std::string payload;
  FrameHeader header;
  std::uint64_t serial = 0;
  std::uint64_t offset = 0;
};

struct WrittenLog {
  std::vector<WrittenFrame> frames;       // as they lie in the files, rewritten ones twice
  std::vector<std::string> files;         // serials 1, 2, ...
  std::string stream;                     // what it holds; what was cut off is not in it
  std::vector<std::size_t> whole_before;  // by sequence - 1: how much of the stream was whole units before that frame
  std::uint64_t durable_sequence = 1;
};

void place(WrittenLog& log, WrittenFrame frame) {
  std::string& file = log.files.back();
  frame.serial = log.files.size();
  frame.offset = file.size();
  frame.header.file_serial = frame.serial;
  // Only frames that are not known durable are written again.
  frame.header.durable_sequence = std::min(log.durable_sequence, frame.header.sequence);
  std::string bytes(frame_size(frame.payload.size()), '\0');
  std::memcpy(bytes.data() + kFrameHeaderSize, frame.payload.data(), frame.payload.size());
  seal_frame(std::as_writable_bytes(std::span(bytes)), frame.header);
  file += bytes;
  log.frames.push_back(std::move(frame));
}

// The next file, which begins with the last frames once more, as after a sync that failed, or after a start that does
// not know whether it had. A start cuts off the unfinished unit.
void begin_file(WrittenLog& log, std::size_t again, bool start) {
  log.files.emplace_back();
  again = std::min(again, log.frames.size());
  const std::vector<WrittenFrame> rewritten(log.frames.end() - static_cast<std::ptrdiff_t>(again), log.frames.end());
  bool consecutive = true;
  for (std::size_t i = 1; i < again; ++i) {
    consecutive = consecutive && rewritten[i].header.sequence == rewritten[i - 1].header.sequence + 1;
  }
  for (const WrittenFrame& frame : rewritten) {
    if (consecutive) place(log, frame);
  }
  if (!start) return;
  log.stream = whole_units(log.stream);
  if (!log.frames.empty()) log.durable_sequence = log.frames.back().header.sequence + 1;
}

WrittenLog write_log(FuzzedDataProvider& input) {
  WrittenLog log;
  log.files.emplace_back();
  std::uint64_t sequence = 1;
  std::uint64_t chain = 0;
  const unsigned count = input.ConsumeIntegralInRange<unsigned>(1, 12);
  for (unsigned i = 0; i < count; ++i) {
    if (input.ConsumeIntegral<std::uint8_t>() < 40) {
      const auto again = input.ConsumeIntegralInRange<unsigned>(0, 2);
      begin_file(log, again, input.ConsumeBool());
    }
    log.whole_before.push_back(whole_units(log.stream).size());
    WrittenFrame frame;
    frame.payload = input.ConsumeRandomLengthString(2 * kPageSize);
    if (frame.payload.empty()) frame.payload = std::string(1 + i, '\1');
    frame.header.store_id = kStore;
    frame.header.sequence = sequence++;
    frame.header.first_position = log.stream.size();
    frame.header.previous_chain = chain;
    frame.header.payload_size = static_cast<std::uint32_t>(frame.payload.size());
    frame.header.payload_checksum = payload_checksum(std::as_bytes(std::span(frame.payload)));
    chain = frame.header.chain();
    log.stream += frame.payload;
    place(log, std::move(frame));
    if (input.ConsumeBool()) log.durable_sequence = input.ConsumeBool() ? sequence : sequence - 1;
  }
  return log;
}

Outcome replay_files(const std::vector<std::string>& files) {
  MemoryEnvironment environment;
  std::vector<std::uint64_t> serials;
  for (const std::string& file : files) {
    serials.push_back(serials.size() + 1);
    environment.disk().file(FilePath::log(serials.back()).text()) = file;
  }
  return replay(environment, serials);
}

void mend_frame(std::string& file, std::uint64_t offset) {
  if (file.size() - offset < kFrameHeaderSize) return;
  char* const frame = file.data() + offset;
  std::uint32_t size = 0;
  std::memcpy(&size, frame + 72, sizeof size);
  if (size <= file.size() - offset - kFrameHeaderSize) {
    const std::uint64_t payload = XXH3_64bits(frame + kFrameHeaderSize, size);
    std::memcpy(frame + 64, &payload, sizeof payload);
  }
  const std::uint64_t header = XXH3_64bits(frame + 8, kFrameHeaderSize - 8);
  std::memcpy(frame, &header, sizeof header);
}

// Flips bytes; true at the index of each frame that was touched.
std::vector<bool> damage(FuzzedDataProvider& input, WrittenLog& log, bool mend) {
  std::vector<bool> touched(log.frames.size(), false);
  const unsigned count = input.ConsumeIntegralInRange<unsigned>(1, 5);
  for (unsigned i = 0; i < count; ++i) {
    const std::size_t index = input.ConsumeIntegralInRange<std::size_t>(0, log.frames.size() - 1);
    const WrittenFrame& frame = log.frames[index];
    const std::uint64_t reach = input.ConsumeBool() ? kFrameHeaderSize : frame_size(frame.payload.size());
    char& byte = log.files[frame.serial - 1][frame.offset + input.ConsumeIntegralInRange<std::uint64_t>(0, reach - 1)];
    byte = static_cast<char>(byte ^ input.ConsumeIntegral<char>());
    touched[index] = true;
    if (mend) mend_frame(log.files[frame.serial - 1], frame.offset);
  }
  return touched;
}

void run_written(FuzzedDataProvider& input, bool mend) {
  WrittenLog log = write_log(input);
  const Outcome whole = replay_files(log.files);
  FUZZ_REQUIRE(whole.result.ok(), whole.result.ok() ? "" : whole.result.error().message);
  FUZZ_REQUIRE(whole.applied == whole_units(log.stream), "not all read");
  const std::vector<bool> touched = damage(input, log, mend);
  const Outcome damaged = replay_files(log.files);
  if (mend) return;
  FUZZ_REQUIRE(log.stream.starts_with(damaged.applied), "damage was taken for entries");
  if (!damaged.result.ok()) return;
  std::uint64_t durable_sequence = 1;
  for (std::size_t i = 0; i < touched.size(); ++i) {
    if (!touched[i]) durable_sequence = std::max(durable_sequence, log.frames[i].header.durable_sequence);
  }
  log.whole_before.push_back(whole_units(log.stream).size());
  const std::size_t durable = log.whole_before[durable_sequence - 1];
  FUZZ_REQUIRE(damaged.applied.size() >= durable,
               "cut at " + std::to_string(damaged.applied.size()) + ", durable was " + std::to_string(durable));
}

void run_raw(FuzzedDataProvider& input, bool mend) {
  std::vector<std::string> files;
  const unsigned count = input.ConsumeIntegralInRange<unsigned>(1, 3);
  for (unsigned i = 0; i < count; ++i) {
    files.push_back(i + 1 == count ? input.ConsumeRemainingBytesAsString() : input.ConsumeRandomLengthString());
    std::string& file = files.back();
    file.resize((file.size() + kPageSize - 1) / kPageSize * kPageSize);
    if (mend) {
      for (std::uint64_t offset = 0; offset < file.size(); offset += kPageSize) mend_frame(file, offset);
    }
    const auto bytes = std::as_bytes(std::span(file));
    if (const auto frame = parse_frame(bytes)) {
      FUZZ_REQUIRE(claimed_frame_size(bytes) == frame_size(frame->payload.size()), "two sizes of one frame");
    }
  }
  replay_files(files);
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const bool mend = input.ConsumeBool();
  if (input.ConsumeIntegral<std::uint8_t>() < 64) {
    run_raw(input, mend);
  } else {
    run_written(input, mend);
  }
}

std::vector<std::string> seeds() {
  WrittenLog log;
  log.files.emplace_back();
  WrittenFrame frame;
  frame.payload = std::string("\3abc\5defgh");
  frame.header.store_id = kStore;
  frame.header.sequence = 1;
  frame.header.payload_size = static_cast<std::uint32_t>(frame.payload.size());
  frame.header.payload_checksum = payload_checksum(std::as_bytes(std::span(frame.payload)));
  place(log, frame);
  // Behind the bytes what is read first: how many files, the mode, whether to put checksums right.
  const std::string one_file(1, '\0');
  std::vector<std::string> seeds = {log.files[0] + one_file + one_file + "\x01", log.files[0] + std::string(3, '\0')};
  for (const char end : {'\0', '\1'}) {
    std::string written = "\3abc\\.\5defgh\\.\x82x\\.y\\.";
    for (unsigned i = 0; i < 120; ++i) written += static_cast<char>(i * 29 + 7);
    seeds.push_back(written + '\x0b' + '\xff' + end);
  }
  return seeds;
}

std::vector<std::string> words() {
  return {"TRLF", std::string("\1\0\0\0", 4), std::string("\7\0\0\0\0\0\0\0", 8)};
}

}  // namespace terrace::fuzz
