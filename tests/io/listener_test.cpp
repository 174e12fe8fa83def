#include "io/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <fstream>

#include "io/socket.h"
#include "tests/io/testing.h"

namespace terrace::io {
namespace {

using testing::Client;
using ::testing::HasSubstr;
using testing::make_reactor;

Task<> close(Listener& listener) {
  co_await listener.close();
}

bool connects_to_unix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

TEST(ListenerTest, RefusesWhatItCannotListenOn) {
  auto reactor = make_reactor();
  auto name = Listener::listen_tcp(*reactor, "localhost", 0, 16);
  ASSERT_FALSE(name.ok());
  EXPECT_EQ(name.error().code, ErrorCode::kInvalid);
  auto first = Listener::listen_tcp(*reactor, "127.0.0.1", 0, 16);
  ASSERT_TRUE(first.ok());
  auto second = Listener::listen_tcp(*reactor, "127.0.0.1", (*first)->port(), 16);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_EQ(second.error().message,
            "listen on 127.0.0.1 port " + std::to_string((*first)->port()) + ": Address already in use");
  auto foreign = Listener::listen_tcp(*reactor, "192.0.2.1", 0, 16);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, ErrorCode::kInvalid);
  reactor->block_on(close(**first));
}

TEST(ListenerTest, AnIpv6WildcardLeavesIpv4Alone) {
  auto reactor = make_reactor();
  auto v6 = Listener::listen_tcp(*reactor, "::", 0, 16);
  if (!v6.ok()) GTEST_SKIP() << "no IPv6 here: " << v6.error().message;
  auto v4 = Listener::listen_tcp(*reactor, "*", (*v6)->port(), 16);
  ASSERT_TRUE(v4.ok()) << v4.error().message;
  reactor->block_on(close(**v6));
  reactor->block_on(close(**v4));
}

TEST(ListenerTest, CloseEndsAWaitingAcceptAndClosesWhatNobodyTook) {
  auto reactor = make_reactor();
  auto listener = Listener::listen_tcp(*reactor, "127.0.0.1", 0, 16);
  ASSERT_TRUE(listener.ok());
  Client taken((*listener)->port());
  Client left((*listener)->port());
  auto run = [](Reactor& loop, Listener& from) -> Task<> {
    Result<int> first = co_await from.accept();
    EXPECT_TRUE(first.ok());
    co_await loop.sleep_ms(10);  // the other connection is accepted too
    co_await from.close();
    Result<int> second = co_await from.accept();
    EXPECT_FALSE(second.ok());
    ::close(*first);
  };
  reactor->block_on(run(*reactor, **listener));
  EXPECT_EQ(left.receive(1), "");
}

TEST(ListenerTest, AWaitingAcceptHearsOfClose) {
  auto reactor = make_reactor();
  auto listener = Listener::listen_tcp(*reactor, "127.0.0.1", 0, 16);
  ASSERT_TRUE(listener.ok());
  auto run = [](Reactor& loop, std::unique_ptr<Listener> owned) -> Task<bool> {
    bool heard = false;
    auto accept = [](Listener& from, bool& done) -> Task<> {
      Result<int> fd = co_await from.accept();
      done = !fd.ok() && fd.error().code == ErrorCode::kShutdown;
    };
    spawn(accept(*owned, heard));
    co_await loop.sleep_ms(5);
    co_await owned->close();
    owned.reset();
    co_return heard;
  };
  EXPECT_TRUE(reactor->block_on(run(*reactor, std::move(*listener))));
}

// Out of descriptors: it pauses, and accepts the waiting connections when descriptors are free again.
TEST(ListenerTest, SurvivesAShortageOfDescriptors) {
  auto reactor = make_reactor();
  auto listener = Listener::listen_tcp(*reactor, "127.0.0.1", 0, 16);
  ASSERT_TRUE(listener.ok());
  Client client((*listener)->port());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  auto run = [&](Reactor& loop, Listener& from) -> Task<> {
    rlimit limit = before;
    limit.rlim_cur = static_cast<rlim_t>(next);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    bool accepted = false;
    auto accept = [](Listener& each, bool& done) -> Task<> {
      Result<int> fd = co_await each.accept();
      done = fd.ok();
      if (done) ::close(*fd);
    };
    spawn(accept(from, accepted));
    co_await loop.sleep_ms(250);
    EXPECT_FALSE(accepted);
    EXPECT_GE(from.refusals(), 2U);
    EXPECT_LE(from.refusals(), 4U) << "it must not spin";
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < 1000 && !accepted; ++i) co_await loop.sleep_ms(1);
    EXPECT_TRUE(accepted);
    co_await from.close();
  };
  reactor->block_on(run(*reactor, **listener));
}

TEST(ListenerTest, UnixSocketsHavePermissionsAndReplaceStaleFiles) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/s";
  auto reactor = make_reactor();
  {
    // A socket file whose process is gone.
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
  }
  auto listener = Listener::listen_unix(*reactor, path, 0700, 16);
  ASSERT_TRUE(listener.ok()) << listener.error().message;
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  EXPECT_TRUE(connects_to_unix(path));

  auto second = Listener::listen_unix(*reactor, path, 0700, 16);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);

  auto run = [&path](Listener& from) -> Task<> {
    Result<int> fd = co_await from.accept();
    EXPECT_TRUE(fd.ok());
    EXPECT_EQ(peer_address(*fd), path + ":0");
    EXPECT_TRUE(set_no_delay(*fd).ok());
    EXPECT_TRUE(set_keepalive(*fd, 300).ok());
    ::close(*fd);
    co_await from.close();
  };
  reactor->block_on(run(**listener));
  EXPECT_NE(::stat(path.c_str(), &status), 0) << "its file goes with it";
}

TEST(ListenerTest, UnixSocketsDoNotReplaceOtherFiles) {
  testing::TemporaryDirectory directory;
  const std::string path = directory.path() + "/precious";
  std::ofstream(path) << "data";
  auto reactor = make_reactor();
  auto listener = Listener::listen_unix(*reactor, path, 0, 16);
  ASSERT_FALSE(listener.ok());
  EXPECT_THAT(listener.error().message, HasSubstr("not a socket"));
  EXPECT_TRUE(std::ifstream(path).good());
  auto long_path = Listener::listen_unix(*reactor, std::string(200, 'x'), 0, 16);
  ASSERT_FALSE(long_path.ok());
  EXPECT_EQ(long_path.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace terrace::io
