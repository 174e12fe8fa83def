#include "io/uring_disk.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstring>
#include <fstream>

#include "io/sync.h"
#include "tests/io/testing.h"

namespace terrace::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kBlock = 4096;

// Memory for direct I/O.
class Block {
 public:
  explicit Block(std::size_t size, char fill = 0)
      : data_(static_cast<std::byte*>(std::aligned_alloc(kBlock, size))), size_(size) {
    std::memset(data_, fill, size);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { std::free(data_); }
  std::span<std::byte> span() { return {data_, size_}; }
  bool all(char value, std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (data_[i] != static_cast<std::byte>(value)) return false;
    }
    return true;
  }

 private:
  std::byte* data_;
  std::size_t size_;
};

class UringDiskTest : public ::testing::Test {
 protected:
  UringDiskTest() : reactor_(testing::make_reactor()) {
    auto disk = UringDisk::open(*reactor_, root_);
    TERRACE_CHECK(disk.ok());
    disk_ = std::move(*disk);
  }

  // Runs a coroutine of the test's body to its end.
  template <typename Body>
  void run(Body body) {
    reactor_->block_on(body(*disk_));
  }
  std::string path(const std::string& name) const { return root_ + "/" + name; }

  testing::TemporaryDirectory directory_;
  const std::string root_ = directory_.path() + "/a/root";
  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<UringDisk> disk_;
};

Task<FileHandle> create(Disk& disk, const char* name) {
  const FileHandle file = co_await disk.open(name, OpenMode::kCreate);
  EXPECT_GE(file, 0);
  co_return file;
}

TEST_F(UringDiskTest, GoesPastThePageCacheHere) {
  EXPECT_TRUE(disk_->direct());
  auto names = disk_->list("");
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, ElementsAre()) << "the probe must leave nothing behind";
  run([](Disk& disk) -> Task<> {
    const FileHandle file = co_await create(disk, "direct");
    EXPECT_EQ(::fcntl(file, F_GETFL) & O_DIRECT, O_DIRECT);
    EXPECT_EQ(::fcntl(file, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    Block block(2 * kBlock);
    EXPECT_EQ(co_await disk.write(file, 0, block.span().subspan(1, kBlock)), -EINVAL) << "unaligned memory";
    co_await disk.close(file);
  });
}

TEST_F(UringDiskTest, ReadsBackWhatWasWritten) {
  run([](Disk& disk) -> Task<> {
    const FileHandle file = co_await create(disk, "data");
    Block ones(2 * kBlock, '1');
    Block twos(kBlock, '2');
    EXPECT_EQ(co_await disk.write(file, 0, ones.span()), static_cast<int>(2 * kBlock));
    EXPECT_EQ(co_await disk.write(file, kBlock, twos.span()), static_cast<int>(kBlock));
    EXPECT_EQ(co_await disk.sync(file), 0);
    Block got(2 * kBlock, 'x');
    EXPECT_EQ(co_await disk.read(file, 0, got.span()), static_cast<int>(2 * kBlock));
    EXPECT_TRUE(got.all('1', 0, kBlock));
    EXPECT_TRUE(got.all('2', kBlock, 2 * kBlock));
    EXPECT_EQ(co_await disk.close(file), 0);
  });
  EXPECT_EQ(*disk_->file_size("data"), 2 * kBlock);
}

TEST_F(UringDiskTest, ReadsShortAtTheEndAndNothingBeyond) {
  run([](Disk& disk) -> Task<> {
    const FileHandle file = co_await create(disk, "short");
    Block block(kBlock, 'a');
    EXPECT_EQ(co_await disk.write(file, 0, block.span()), static_cast<int>(kBlock));
    Block got(2 * kBlock, 'x');
    EXPECT_EQ(co_await disk.read(file, 0, got.span()), static_cast<int>(kBlock));
    EXPECT_EQ(co_await disk.read(file, 4 * kBlock, got.span()), 0);
    co_await disk.close(file);
  });
}

TEST_F(UringDiskTest, ManyRequestsAtOnceOnManyFiles) {
  struct State {
    Disk& disk;
    Event done;
    int left = 0;
    int good = 0;
  } state{*disk_, {}, 0, 0};
  auto one = [](State& all, int number) -> Task<> {
    ++all.left;
    const std::string name = "file-" + std::to_string(number);
    const FileHandle file = co_await create(all.disk, name.c_str());
    Block block(kBlock, static_cast<char>('a' + number % 20));
    for (std::uint64_t offset = 0; offset < 4 * kBlock; offset += kBlock) {
      const Disk::WriteSyncResult result = co_await all.disk.write_sync(file, offset, block.span());
      all.good += result.written == static_cast<int>(kBlock) && result.synced == 0;
    }
    Block got(kBlock);
    const int read = co_await all.disk.read(file, 2 * kBlock, got.span());
    all.good += read == static_cast<int>(kBlock) && got.all(static_cast<char>('a' + number % 20), 0, kBlock);
    co_await all.disk.close(file);
    if (--all.left == 0) all.done.notify();
  };
  run([&](Disk&) -> Task<> {
    for (int number = 0; number < 60; ++number) spawn(one(state, number));
    while (state.left > 0) co_await state.done.wait();
  });
  EXPECT_EQ(state.good, 60 * 5);
}

TEST_F(UringDiskTest, AFailedWriteCancelsItsSync) {
  run([this](Disk& disk) -> Task<> {
    const FileHandle made = co_await create(disk, "read-only");
    co_await disk.close(made);
    const FileHandle file = co_await disk.open("read-only", OpenMode::kRead);
    EXPECT_GE(file, 0);
    Block block(kBlock, 'a');
    const Disk::WriteSyncResult result = co_await disk.write_sync(file, 0, block.span());
    EXPECT_EQ(result.written, -EBADF);
    EXPECT_EQ(result.synced, -ECANCELED);
    co_await disk.close(file);
    EXPECT_EQ(*disk_->file_size("read-only"), 0U);
  });
}

// RLIMIT_FSIZE cuts a write short where a disk would be full.
TEST_F(UringDiskTest, AShortWriteCancelsItsSync) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  run([before](Disk& disk) -> Task<> {
    const FileHandle file = co_await create(disk, "limited");
    Block block(2 * kBlock, 'a');
    rlimit limit = before;
    limit.rlim_cur = kBlock;
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const Disk::WriteSyncResult result = co_await disk.write_sync(file, 0, block.span());
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(result.written, static_cast<int>(kBlock));
    EXPECT_EQ(result.synced, -ECANCELED);
    co_await disk.close(file);
  });
}

TEST_F(UringDiskTest, AllocatesAndTruncates) {
  run([this](Disk& disk) -> Task<> {
    const FileHandle file = co_await create(disk, "sized");
    EXPECT_EQ(co_await disk.allocate(file, 1 << 20), 0);
    EXPECT_EQ(*disk_->file_size("sized"), std::uint64_t{1} << 20);
    struct stat status;
    EXPECT_EQ(::fstat(file, &status), 0);
    EXPECT_GE(status.st_blocks * 512, 1 << 20) << "the blocks must be there";
    EXPECT_EQ(co_await disk.truncate(file, kBlock), 0);
    EXPECT_EQ(*disk_->file_size("sized"), kBlock);
    co_await disk.close(file);
    EXPECT_EQ(co_await disk.truncate(-1, 0), -EBADF);
  });
}

TEST_F(UringDiskTest, ModesOfOpening) {
  run([](Disk& disk) -> Task<> {
    EXPECT_EQ(co_await disk.open("none", OpenMode::kRead), -ENOENT);
    EXPECT_EQ(co_await disk.open("none", OpenMode::kWrite), -ENOENT);
    EXPECT_EQ(co_await disk.open("no/such/directory", OpenMode::kCreate), -ENOENT);
    const FileHandle file = co_await create(disk, "some");
    EXPECT_EQ(co_await disk.open("some", OpenMode::kCreate), -EEXIST);
    co_await disk.close(file);
    const FileHandle again = co_await disk.open("some", OpenMode::kWrite);
    Block block(kBlock, 'w');
    EXPECT_EQ(co_await disk.write(again, 0, block.span()), static_cast<int>(kBlock));
    co_await disk.close(again);
    EXPECT_EQ(co_await disk.read(kNoFile, 0, block.span()), -EBADF);
  });
}

TEST_F(UringDiskTest, RenamesReplacingAndUnlinks) {
  run([this](Disk& disk) -> Task<> {
    Block block(kBlock, 'n');
    const FileHandle replaced = co_await create(disk, "manifest");
    co_await disk.close(replaced);
    const FileHandle file = co_await create(disk, "manifest.new");
    co_await disk.write(file, 0, block.span());
    co_await disk.close(file);
    EXPECT_EQ(co_await disk.rename("manifest.new", "manifest"), 0);
    EXPECT_EQ(*disk_->file_size("manifest"), kBlock);
    EXPECT_EQ(co_await disk.rename("manifest.new", "manifest"), -ENOENT);
    EXPECT_EQ(co_await disk.sync_directory(""), 0);
    EXPECT_EQ(co_await disk.unlink("manifest"), 0);
    EXPECT_EQ(co_await disk.unlink("manifest"), -ENOENT);
    EXPECT_THAT(*disk_->list(""), ElementsAre());
  });
}

TEST_F(UringDiskTest, DirectoriesAreMadeListedAndSynced) {
  ASSERT_TRUE(disk_->make_directory("segments").ok());
  ASSERT_TRUE(disk_->make_directory("segments").ok()) << "existing is fine";
  EXPECT_FALSE(disk_->make_directory("no/parent").ok());
  run([](Disk& disk) -> Task<> {
    for (const char* name : {"segments/c", "segments/a", "segments/b"}) {
      const FileHandle file = co_await create(disk, name);
      co_await disk.close(file);
    }
    EXPECT_EQ(co_await disk.sync_directory("segments"), 0);
    EXPECT_EQ(co_await disk.sync_directory("none"), -ENOENT);
    EXPECT_EQ(co_await disk.sync_directory("segments/a"), -ENOTDIR);
    EXPECT_FALSE(disk.make_directory("segments/a").ok()) << "a file is in the way";
  });
  EXPECT_THAT(*disk_->list("segments"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*disk_->list(""), ElementsAre("segments"));
  auto missing = disk_->list("none");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr(path("none") + ": No such file"));
  EXPECT_EQ(disk_->file_size("none").error().code, ErrorCode::kNotFound);
}

// Descriptors are reused; the ring's file table must follow.
TEST_F(UringDiskTest, AReusedDescriptorReachesTheNewFile) {
  run([](Disk& disk) -> Task<> {
    Block got(kBlock);
    for (int round = 0; round < 50; ++round) {
      const std::string name = "round-" + std::to_string(round);
      Block block(kBlock, static_cast<char>(round));
      const FileHandle file = co_await create(disk, name.c_str());
      EXPECT_EQ(co_await disk.write(file, 0, block.span()), static_cast<int>(kBlock));
      EXPECT_EQ(co_await disk.read(file, 0, got.span()), static_cast<int>(kBlock));
      EXPECT_TRUE(got.all(static_cast<char>(round), 0, kBlock));
      EXPECT_EQ(co_await disk.close(file), 0);
      EXPECT_EQ(co_await disk.read(file, 0, got.span()), -EBADF) << "closed, in the table too";
    }
  });
}

// A file that stayed in the ring's table would keep an unlinked file's blocks, and its locks.
TEST_F(UringDiskTest, AClosedFileIsHeldByNobody) {
  run([this](Disk& disk) -> Task<> {
    const FileHandle file = co_await create(disk, "held");
    EXPECT_EQ(::flock(file, LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(co_await disk.close(file), 0);
    const int other = ::open(path("held").c_str(), O_RDONLY | O_CLOEXEC);
    int status = -1;
    // The kernel's worker may drop the file slightly after the completion.
    for (int i = 0; i < 1000 && status != 0; ++i) {
      status = ::flock(other, LOCK_EX | LOCK_NB);
      co_await reactor_->sleep_ms(1);
    }
    EXPECT_EQ(status, 0);
    ::close(other);
  });
}

TEST(UringDiskFileTableTest, FilesBeyondTheTableWorkAsWell) {
  testing::TemporaryDirectory directory;
  auto reactor = testing::make_reactor({.registered_files = 4});
  auto disk = UringDisk::open(*reactor, directory.path());
  ASSERT_TRUE(disk.ok());
  auto body = [](Disk& each) -> Task<> {
    const FileHandle file = co_await create(each, "beyond");
    EXPECT_GE(file, 4);
    Block block(kBlock, 'b');
    const Disk::WriteSyncResult result = co_await each.write_sync(file, 0, block.span());
    EXPECT_EQ(result.written, static_cast<int>(kBlock));
    EXPECT_EQ(result.synced, 0);
    EXPECT_EQ(co_await each.close(file), 0);
  };
  reactor->block_on(body(**disk));
}

TEST_F(UringDiskTest, OneHoldsTheLock) {
  ASSERT_TRUE(disk_->lock("lock").ok());
  auto other = UringDisk::open(*reactor_, root_);
  ASSERT_TRUE(other.ok());
  Result<void> refused = (*other)->lock("lock");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_EQ(refused.error().message, path("lock") + " is locked by process " + std::to_string(::getpid()));
  disk_.reset();
  EXPECT_TRUE((*other)->lock("lock").ok()) << "free again when its holder goes";
}

TEST_F(UringDiskTest, TheLockGoesWithItsProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto reactor = Reactor::create();
    auto disk = UringDisk::open(**reactor, root_);
    ::_exit(disk.ok() && (*disk)->lock("lock").ok() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(disk_->lock("lock").ok());
}

TEST_F(UringDiskTest, TellsTheSpace) {
  auto space = disk_->space();
  ASSERT_TRUE(space.ok());
  EXPECT_GT(space->free_bytes, 0U);
  EXPECT_GT(space->total_bytes, space->free_bytes);
}

TEST(UringDiskRootTest, ARootThatIsAFileIsRefusedByName) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  std::ofstream(path) << "x";
  auto reactor = testing::make_reactor();
  auto disk = UringDisk::open(*reactor, path);
  ASSERT_FALSE(disk.ok());
  EXPECT_THAT(disk.error().message, HasSubstr(path));
}

}  // namespace
}  // namespace terrace::io
