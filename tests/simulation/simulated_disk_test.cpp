#include "tests/simulation/simulated_disk.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "io/task.h"

namespace terrace::simulation {
namespace {

constexpr std::uint64_t kSectorBytes = io::kSectorSize;
constexpr std::uint64_t kDiskBytes = 1 << 20;

struct alignas(kSectorBytes) Buffer {
  std::byte bytes[4 * kSectorBytes];
  explicit Buffer(char fill = 0) { std::memset(bytes, fill, sizeof bytes); }
  std::span<std::byte> span(std::size_t sectors = 4) { return {bytes, sectors * kSectorBytes}; }
};

struct DiskFixture {
  explicit DiskFixture(std::uint64_t seed = 1) : world(seed), media(kDiskBytes), disk(world, media) {}
  template <typename Awaitable>
  auto wait(Awaitable awaitable) {
    decltype(awaitable.await_resume()) result{};
    auto task = [](Awaitable& what, decltype(result)& out) -> io::Task<void> { out = co_await what; };
    io::spawn(task(awaitable, result));
    while (world.step()) {
    }
    return result;
  }
  io::FileHandle create(const char* path) { return wait(disk.open(path, io::OpenMode::kCreate)); }
  void close(io::FileHandle file) { EXPECT_EQ(wait(disk.close(file)), 0); }

  World world;
  Media media;
  SimulatedDisk disk;
};

TEST(SimulatedDiskTest, WhatIsWrittenIsRead) {
  DiskFixture fixture;
  const io::FileHandle file = fixture.create("f");
  Buffer out('x');
  Buffer in;
  EXPECT_EQ(fixture.wait(fixture.disk.write(file, 0, out.span())), 4 * kSectorBytes);
  EXPECT_EQ(fixture.wait(fixture.disk.read(file, 0, in.span())), 4 * kSectorBytes);
  EXPECT_EQ(std::memcmp(in.bytes, out.bytes, sizeof in.bytes), 0);
  EXPECT_EQ(fixture.wait(fixture.disk.read(file, 2 * kSectorBytes, in.span())), 2 * kSectorBytes);  // up to the end
  EXPECT_EQ(fixture.wait(fixture.disk.read(file, 4 * kSectorBytes, in.span())), 0);
  fixture.close(file);
}

TEST(SimulatedDiskTest, OpenModes) {
  DiskFixture fixture;
  EXPECT_EQ(fixture.wait(fixture.disk.open("f", io::OpenMode::kRead)), -ENOENT);
  EXPECT_EQ(fixture.wait(fixture.disk.open("f", io::OpenMode::kWrite)), -ENOENT);
  EXPECT_EQ(fixture.wait(fixture.disk.open("d/f", io::OpenMode::kCreate)), -ENOENT);
  fixture.close(fixture.create("f"));
  EXPECT_EQ(fixture.wait(fixture.disk.open("f", io::OpenMode::kCreate)), -EEXIST);
  const io::FileHandle file = fixture.wait(fixture.disk.open("f", io::OpenMode::kRead));
  EXPECT_GE(file, 0);
  fixture.close(file);
}

TEST(SimulatedDiskTest, WriteSyncIsDurableAndAWriteAloneIsNot) {
  DiskFixture fixture;
  const io::FileHandle file = fixture.create("f");
  EXPECT_EQ(fixture.wait(fixture.disk.sync_directory("")), 0);
  Buffer a('a');
  Buffer b('b');
  const auto result = fixture.wait(fixture.disk.write_sync(file, 0, a.span()));
  EXPECT_EQ(result.written, 4 * kSectorBytes);
  EXPECT_EQ(result.synced, 0);
  EXPECT_EQ(fixture.wait(fixture.disk.write(file, 0, b.span())), 4 * kSectorBytes);
  fixture.disk.abandon();
  fixture.media.crash(fixture.world.random(), 0);
  std::byte value;
  fixture.media.read(*fixture.media.find("f"), 0, {&value, 1});
  EXPECT_EQ(value, std::byte{'a'});
}

TEST(SimulatedDiskTest, AShortWriteSyncLeavesTheSyncOut) {
  DiskFixture fixture;
  const io::FileHandle file = fixture.create("f");
  Faults faults;
  faults.short_write = 1;
  fixture.disk.set_faults(faults);
  Buffer buffer('x');
  const auto result = fixture.wait(fixture.disk.write_sync(file, 0, buffer.span()));
  EXPECT_GT(result.written, 0);
  EXPECT_LT(result.written, 4 * static_cast<std::int32_t>(kSectorBytes));
  EXPECT_LT(result.synced, 0);
  fixture.disk.set_faults({});
  fixture.close(file);
}

TEST(SimulatedDiskTest, AFailedReadLeavesJunk) {
  DiskFixture fixture;
  const io::FileHandle file = fixture.create("f");
  Buffer buffer('x');
  fixture.wait(fixture.disk.write(file, 0, buffer.span()));
  Faults faults;
  faults.read_error = 1;
  fixture.disk.set_faults(faults);
  EXPECT_EQ(fixture.wait(fixture.disk.read(file, 0, buffer.span())), -EIO);
  EXPECT_NE(buffer.bytes[0], std::byte{'x'});
  fixture.disk.set_faults({});
  fixture.close(file);
}

TEST(SimulatedDiskTest, AFullDeviceFailsWhatGrowsAndNothingElse) {
  DiskFixture fixture;
  const io::FileHandle file = fixture.create("f");
  EXPECT_EQ(fixture.wait(fixture.disk.allocate(file, 4 * kSectorBytes)), 0);
  fixture.media.set_capacity(4 * kSectorBytes);
  Buffer buffer('x');
  EXPECT_EQ(fixture.wait(fixture.disk.write(file, 0, buffer.span())), 4 * kSectorBytes);
  EXPECT_EQ(fixture.wait(fixture.disk.write(file, 4 * kSectorBytes, buffer.span(1))), -ENOSPC);
  EXPECT_EQ(fixture.wait(fixture.disk.allocate(file, 5 * kSectorBytes)), -ENOSPC);
  fixture.media.set_capacity(kDiskBytes);
  EXPECT_EQ(fixture.wait(fixture.disk.allocate(file, 5 * kSectorBytes)), 0);
  fixture.close(file);
}

io::Task<void> write_and_note(io::Disk& disk, io::FileHandle file, Buffer& buffer, int number,
                              std::vector<int>& order) {
  co_await disk.write(file, static_cast<std::uint64_t>(number) * 4 * kSectorBytes, buffer.span());
  order.push_back(number);
}

TEST(SimulatedDiskTest, OperationsCompleteInAnyOrderAndNeverWithinSubmit) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    DiskFixture fixture(seed);
    const io::FileHandle file = fixture.create("f");
    Buffer buffer('x');
    std::vector<int> order;
    for (int number = 0; number < 3; ++number) io::spawn(write_and_note(fixture.disk, file, buffer, number, order));
    EXPECT_TRUE(order.empty());
    while (fixture.world.step()) {
    }
    orders.insert(order);
    fixture.close(file);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(SimulatedDiskTest, AWriteInFlightAtAPowerCutHappenedInPartOrNot) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    DiskFixture fixture(seed);
    const io::FileHandle file = fixture.create("f");
    Buffer old('o');
    Buffer fresh('n');
    fixture.wait(fixture.disk.sync_directory(""));
    fixture.wait(fixture.disk.write_sync(file, 0, old.span(2)));
    io::DiskRequest request{.op = io::DiskOp::kWrite,
                            .file = file,
                            .data = fresh.bytes,
                            .size = 2 * kSectorBytes,
                            .waiter = std::noop_coroutine()};
    fixture.disk.submit(request);
    fixture.disk.abandon();
    fixture.world.drop_events();
    fixture.media.crash(fixture.world.random(), 0.5);
    std::byte bytes[2 * kSectorBytes];
    fixture.media.read(*fixture.media.find("f"), 0, bytes);
    outcomes.insert({static_cast<char>(bytes[0]), static_cast<char>(bytes[kSectorBytes])});
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"oo", "on", "no", "nn"}));
}

using SimulatedDiskDeathTest = testing::Test;

void change_while_written(DiskFixture& fixture, io::FileHandle file, Buffer& buffer) {
  io::DiskRequest request{.op = io::DiskOp::kWrite,
                          .file = file,
                          .data = buffer.bytes,
                          .size = kSectorBytes,
                          .waiter = std::noop_coroutine()};
  fixture.disk.submit(request);
  buffer.bytes[0] = std::byte{'y'};
  while (fixture.world.step()) {
  }
}

TEST(SimulatedDiskDeathTest, BreachesOfTheContractEndTheProcess) {
  DiskFixture fixture;
  const io::FileHandle file = fixture.create("f");
  Buffer buffer('x');
  EXPECT_DEATH(fixture.wait(fixture.disk.write(file, 1, buffer.span())), "offset % io::kSectorSize");
  EXPECT_DEATH(fixture.wait(fixture.disk.write(file, 0, buffer.span().subspan(1, kSectorBytes))), "data");
  EXPECT_DEATH(change_while_written(fixture, file, buffer), "checksum");
  fixture.close(file);
  EXPECT_DEATH(fixture.wait(fixture.disk.sync(file)), "nullptr");
}

TEST(SimulatedDiskTest, TheLockIsForOne) {
  DiskFixture fixture;
  EXPECT_TRUE(fixture.disk.lock("lock").ok());
  EXPECT_EQ(fixture.disk.lock("lock").error().code, ErrorCode::kBusy);
}

}  // namespace
}  // namespace terrace::simulation
