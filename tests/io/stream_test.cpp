#include "io/stream.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "io/listener.h"
#include "io/socket.h"
#include "tests/io/testing.h"

namespace terrace::io {
namespace {

using testing::Client;
using testing::make_reactor;

std::string to_string(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}
std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::unique_ptr<Listener> listen(Reactor& reactor) {
  auto listener = Listener::listen_tcp(reactor, "127.0.0.1", 0, 511);
  TERRACE_CHECK(listener.ok());
  return std::move(*listener);
}

// A listener, and both ends of one connection to it.
class StreamTest : public ::testing::Test {
 public:
  void connect(const ReactorOptions& options = {}, int client_receive_buffer = 0) {
    reactor_ = make_reactor(options);
    listener_ = listen(*reactor_);
    client_.emplace(listener_->port(), client_receive_buffer);
    auto accept = [](StreamTest& test) -> Task<> {
      Result<int> fd = co_await test.listener_->accept();
      TERRACE_CHECK(fd.ok());
      test.stream_ = std::make_unique<Stream>(*test.reactor_, *fd);
    };
    reactor_->block_on(accept(*this));
  }
  void TearDown() override {
    auto close = [](StreamTest& test) -> Task<> {
      if (test.stream_) co_await test.stream_->close();
      co_await test.listener_->close();
    };
    reactor_->block_on(close(*this));
    EXPECT_EQ(reactor_->receive_buffers().free_count(), reactor_->receive_buffers().count());
  }
  template <typename Body>
  void run(Body body) {
    reactor_->block_on(body(*this));
  }
  // Collects at least `size` bytes.
  Task<std::string> collect(std::size_t size) {
    std::string all;
    while (all.size() < size) {
      Result<std::span<const std::byte>> data = co_await stream_->receive();
      if (!data || data->empty()) break;
      all += to_string(*data);
    }
    co_return all;
  }

  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Listener> listener_;
  std::optional<Client> client_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(StreamTest, ReceivesAndSends) {
  connect();
  run([](StreamTest& test) -> Task<> {
    Stream& stream = *test.stream_;
    EXPECT_TRUE(test.client_->send("hello"));
    Result<std::span<const std::byte>> data = co_await stream.receive();
    EXPECT_TRUE(data.ok());
    EXPECT_EQ(to_string(*data), "hello");
    const std::string reply = "world";
    Result<void> sent = co_await stream.send(bytes(reply));
    EXPECT_TRUE(sent.ok());
    EXPECT_EQ(test.client_->receive(5), "world");
    Result<void> nothing = co_await stream.send({});
    EXPECT_TRUE(nothing.ok());
  });
}

TEST_F(StreamTest, TheEndOfThePeerIsAnEmptySpanAgainAndAgain) {
  connect();
  run([](StreamTest& test) -> Task<> {
    EXPECT_TRUE(test.client_->send("last words"));
    test.client_->close();
    const std::string all = co_await test.collect(100);
    EXPECT_EQ(all, "last words");
    for (int i = 0; i < 2; ++i) {
      Result<std::span<const std::byte>> data = co_await test.stream_->receive();
      EXPECT_TRUE(data.ok());
      EXPECT_TRUE(data->empty());
    }
    EXPECT_TRUE(test.stream_->peer_gone());
  });
}

TEST_F(StreamTest, AResetConnectionIsAnErrorForBothDirections) {
  connect();
  run([](StreamTest& test) -> Task<> {
    test.client_->reset();
    Result<std::span<const std::byte>> data = co_await test.stream_->receive();
    EXPECT_FALSE(data.ok());
    EXPECT_EQ(data.error().message, "receive: Connection reset by peer");
    const std::string reply(100, 'x');
    Result<void> sent = co_await test.stream_->send(bytes(reply));
    EXPECT_FALSE(sent.ok());
  });
}

struct NoteEvents : StreamWatcher {
  void at_peer_gone() override { ++count; }
  void at_queue_resized(std::size_t bytes) override { queued_bytes = bytes; }
  int count = 0;
  std::size_t queued_bytes = 0;
};

TEST_F(StreamTest, AnIdleConnectionNoticesItsPeersEnd) {
  connect();
  run([](StreamTest& test) -> Task<> {
    NoteEvents gone;
    test.stream_->watch(&gone);
    EXPECT_TRUE(test.client_->send("BLPOP"));
    Result<std::span<const std::byte>> data = co_await test.stream_->receive();
    EXPECT_EQ(to_string(*data), "BLPOP");
    test.stream_->release();
    co_await test.reactor_->sleep_ms(5);
    EXPECT_FALSE(test.stream_->peer_gone());
    EXPECT_EQ(gone.count, 0);
    test.client_->close();
    for (int i = 0; i < 1000 && gone.count == 0; ++i) co_await test.reactor_->sleep_ms(1);
    EXPECT_EQ(gone.count, 1);
    EXPECT_TRUE(test.stream_->peer_gone());
    test.stream_->watch(nullptr);
  });
}

TEST_F(StreamTest, TellsWhatItsQueueTakes) {
  connect();
  run([](StreamTest& test) -> Task<> {
    NoteEvents watcher;
    test.stream_->watch(&watcher);
    EXPECT_TRUE(test.client_->send("first"));
    Result<std::span<const std::byte>> data = co_await test.stream_->receive();
    EXPECT_EQ(to_string(*data), "first");
    EXPECT_EQ(watcher.queued_bytes, 0u);  // lent, not queued
    // It is busy with the first: what comes is queued.
    EXPECT_TRUE(test.client_->send(std::string(3000, 'x')));
    for (int i = 0; i < 1000 && watcher.queued_bytes < 3000; ++i) co_await test.reactor_->sleep_ms(1);
    EXPECT_GE(watcher.queued_bytes, 3000u);
    data = co_await test.stream_->receive();
    EXPECT_EQ(data->size(), 3000u);
    EXPECT_GE(watcher.queued_bytes, 3000u);  // still there, while it is looked at
    test.stream_->release();
    EXPECT_EQ(watcher.queued_bytes, 0u);
    test.stream_->watch(nullptr);
  });
}

TEST_F(StreamTest, LargeTransfersArriveWholeInBothDirections) {
  connect();
  constexpr std::size_t kSize = 20'000'000;
  std::string sample(kSize, '\0');
  for (std::size_t i = 0; i < kSize; ++i) sample[i] = static_cast<char>(i * 2654435761U >> 16);
  bool good = false;
  std::thread peer([&] {
    client_->send(sample);
    good = client_->receive(kSize) == sample;
  });
  run([&sample](StreamTest& test) -> Task<> {
    const std::string all = co_await test.collect(kSize);
    EXPECT_TRUE(all == sample);
    Result<void> sent = co_await test.stream_->send(bytes(sample));
    EXPECT_TRUE(sent.ok());
  });
  peer.join();
  EXPECT_TRUE(good);
}

// A consumer that does not return must make the peer wait, without losing data.
TEST_F(StreamTest, ABusyConsumerHoldsThePeerBack) {
  connect();
  constexpr std::size_t kSize = 64'000'000;
  std::atomic<bool> all_sent{false};
  const std::string sample(kSize, 'z');
  std::thread peer([&] {
    client_->send(sample);
    all_sent = true;
  });
  run([&](StreamTest& test) -> Task<> {
    Result<std::span<const std::byte>> data = co_await test.stream_->receive();
    std::size_t received = data->size();
    co_await test.reactor_->sleep_ms(300);
    EXPECT_FALSE(all_sent.load());
    // The bound, and what one burst of the kernel may add.
    EXPECT_LE(test.stream_->queued_bytes(), 64U * 1024 + 512U * 16384);
    const std::size_t queued = test.stream_->queued_bytes();
    co_await test.reactor_->sleep_ms(100);
    EXPECT_EQ(test.stream_->queued_bytes(), queued) << "it must stand still";
    EXPECT_GE(test.reactor_->receive_buffers().free_count(), test.reactor_->receive_buffers().count() - 1);
    const std::string rest = co_await test.collect(kSize - received);
    EXPECT_EQ(received + rest.size(), kSize);
    EXPECT_EQ(rest.find_first_not_of('z'), std::string::npos);
  });
  peer.join();
  EXPECT_TRUE(all_sent.load());
}

TEST_F(StreamTest, OrderHoldsWhenTheConsumerIsSlow) {
  connect({.receive_buffers = 8, .receive_buffer_bytes = 64});
  constexpr std::uint32_t kNumbers = 50'000;
  std::string sample(kNumbers * 4, '\0');
  for (std::uint32_t i = 0; i < kNumbers; ++i) std::memcpy(&sample[i * 4], &i, 4);
  std::thread peer([&] { client_->send(sample); });
  run([&](StreamTest& test) -> Task<> {
    std::string all;
    for (int round = 0; all.size() < sample.size(); ++round) {
      Result<std::span<const std::byte>> data = co_await test.stream_->receive();
      all += to_string(*data);
      if (round % 100 == 7) co_await test.reactor_->sleep_ms(2);
      if (round % 3 == 0) co_await test.reactor_->yield();
    }
    EXPECT_TRUE(all == sample);
  });
  peer.join();
}

TEST_F(StreamTest, APeerThatDoesNotReadHoldsTheSenderOnly) {
  connect({}, 4096);
  run([](StreamTest& test) -> Task<> {
    std::string data;
    data.resize(30'000'000, 's');
    bool done = false;
    auto send = [](Stream& stream, const std::string& all, bool& finished) -> Task<> {
      Result<void> sent = co_await stream.send(bytes(all));
      EXPECT_FALSE(sent.ok());
      EXPECT_EQ(sent.error().code, ErrorCode::kShutdown);
      finished = true;
    };
    spawn(send(*test.stream_, data, done));
    co_await test.reactor_->sleep_ms(100);
    EXPECT_FALSE(done);
    // It can still receive.
    EXPECT_TRUE(test.client_->send("ping"));
    Result<std::span<const std::byte>> heard = co_await test.stream_->receive();
    EXPECT_EQ(to_string(*heard), "ping");
    co_await test.stream_->close();
    EXPECT_TRUE(done) << "close() ends the send, and comes after it";
    test.stream_.reset();
  });
}

TEST_F(StreamTest, CloseEndsAWaitingReceive) {
  connect();
  run([](StreamTest& test) -> Task<> {
    std::optional<ErrorCode> heard;
    auto receive = [](Stream& stream, std::optional<ErrorCode>& code) -> Task<> {
      Result<std::span<const std::byte>> data = co_await stream.receive();
      if (!data) code = data.error().code;
    };
    spawn(receive(*test.stream_, heard));
    co_await test.reactor_->sleep_ms(5);
    co_await test.stream_->close();
    EXPECT_EQ(heard, ErrorCode::kShutdown);
    test.stream_.reset();
    EXPECT_EQ(test.client_->receive(1), "");
  });
}

TEST_F(StreamTest, ShutdownEndsBothSides) {
  connect();
  run([](StreamTest& test) -> Task<> {
    auto shutdown_later = [](Reactor& reactor, Stream& stream) -> Task<> {
      co_await reactor.sleep_ms(5);
      stream.shutdown();
    };
    spawn(shutdown_later(*test.reactor_, *test.stream_));
    Result<std::span<const std::byte>> data = co_await test.stream_->receive();
    EXPECT_TRUE(data.ok());
    EXPECT_TRUE(data->empty());
    EXPECT_EQ(test.client_->receive(1), "");
  });
}

TEST_F(StreamTest, SetsRedisSocketOptions) {
  connect();
  EXPECT_TRUE(set_no_delay(stream_->fd()).ok());
  EXPECT_TRUE(set_keepalive(stream_->fd(), 300).ok());
  auto option = [this](int level, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    ::getsockopt(stream_->fd(), level, name, &value, &length);
    return value;
  };
  EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 300);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 100);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPCNT), 3);
  EXPECT_EQ(local_address(stream_->fd()), "127.0.0.1:" + std::to_string(listener_->port()));
  EXPECT_EQ(peer_address(stream_->fd()), local_address(client_->fd()));
}

// --- many connections

struct EchoServer {
  Reactor& reactor;
  Listener& listener;
  Gate gate = {};
  int served = 0;
};

Task<> echo(EchoServer& server, int fd, Gate::Holder) {
  Stream stream(server.reactor, fd);
  while (true) {
    Result<std::span<const std::byte>> data = co_await stream.receive();
    if (!data || data->empty()) break;
    Result<void> sent = co_await stream.send(*data);
    if (!sent) break;
  }
  co_await stream.close();
  ++server.served;
}

Task<> serve(EchoServer& server, int connections) {
  for (int i = 0; i < connections; ++i) {
    Result<int> fd = co_await server.listener.accept();
    TERRACE_CHECK(fd.ok());
    spawn(echo(server, *fd, server.gate.hold()));
  }
  while (!server.gate.idle()) co_await server.gate.wait();
  co_await server.listener.close();
}

// All connect, then all send, then all read, so that all are open at once.
int echo_rounds(std::uint16_t port, int connections, int rounds, std::size_t message_size) {
  std::vector<std::unique_ptr<Client>> clients;
  clients.reserve(static_cast<std::size_t>(connections));
  for (int i = 0; i < connections; ++i) clients.push_back(std::make_unique<Client>(port));
  int good = 0;
  for (int round = 0; round < rounds; ++round) {
    auto message = [&](std::size_t i) {
      std::string text = std::to_string(round) + ":" + std::to_string(i) + ":";
      text.resize(message_size, static_cast<char>('a' + i % 26));
      return text;
    };
    for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->send(message(i));
    for (std::size_t i = 0; i < clients.size(); ++i) good += clients[i]->receive(message_size) == message(i);
  }
  return good;
}

void expect_echo(const ReactorOptions& options, std::size_t message_size) {
  constexpr int kConnections = 200;
  constexpr int kRounds = 20;
  auto reactor = make_reactor(options);
  auto listener = listen(*reactor);
  EchoServer server{*reactor, *listener};
  int good = 0;
  std::thread peers([&, port = listener->port()] { good = echo_rounds(port, kConnections, kRounds, message_size); });
  reactor->block_on(serve(server, kConnections));
  peers.join();
  EXPECT_EQ(good, kConnections * kRounds);
  EXPECT_EQ(server.served, kConnections);
  EXPECT_EQ(reactor->receive_buffers().free_count(), reactor->receive_buffers().count());
}

TEST(EchoTest, TwoHundredConnectionsAtOnce) {
  expect_echo({}, 1000);
}

// Each send keeps its buffer, so most connections find none at first; all must get one in the end.
TEST(EchoTest, TwoHundredConnectionsShareFourBuffers) {
  expect_echo({.receive_buffers = 4, .receive_buffer_bytes = 128}, 5000);
}

TEST(EchoTest, QueuesThatOverflowLoseNothing) {
  expect_echo({.submission_entries = 4, .completion_entries = 8}, 3000);
}

// Consumers that sleep with a lent buffer leave fewer for the others, which still make progress; all are served.
TEST(EchoTest, WhoStarvesIsServedWhenBuffersComeBack) {
  auto reactor = make_reactor({.receive_buffers = 2, .receive_buffer_bytes = 64});
  auto listener = listen(*reactor);
  auto hold = [](EchoServer& server, int fd, Gate::Holder) -> Task<> {
    Stream stream(server.reactor, fd);
    Result<std::span<const std::byte>> data = co_await stream.receive();
    EXPECT_TRUE(data.ok());
    EXPECT_EQ(to_string(*data), "something");
    co_await server.reactor.sleep_ms(20);
    co_await stream.close();
    ++server.served;
  };
  auto run = [&hold](EchoServer& server) -> Task<> {
    for (int i = 0; i < 10; ++i) {
      Result<int> fd = co_await server.listener.accept();
      spawn(hold(server, *fd, server.gate.hold()));
    }
    while (!server.gate.idle()) co_await server.gate.wait();
    co_await server.listener.close();
  };
  EchoServer server{*reactor, *listener};
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<Client>(listener->port()));
    clients.back()->send("something");
  }
  reactor->block_on(run(server));
  EXPECT_EQ(server.served, 10);
}

// A starving stream that is closed must not be called when buffers come back.
TEST(EchoTest, AStarvingStreamCanClose) {
  auto reactor = make_reactor({.receive_buffers = 1, .receive_buffer_bytes = 64});
  auto listener = listen(*reactor);
  Client first(listener->port());
  Client second(listener->port());
  auto run = [&](Reactor& loop) -> Task<> {
    Result<int> fd = co_await listener->accept();
    Stream holder(loop, *fd);
    fd = co_await listener->accept();
    auto starving = std::make_unique<Stream>(loop, *fd);
    first.send("held");
    Result<std::span<const std::byte>> held = co_await holder.receive();
    EXPECT_EQ(to_string(*held), "held");
    second.send("starved");
    bool ended = false;
    auto receive = [](Stream& stream, bool& done) -> Task<> {
      Result<std::span<const std::byte>> data = co_await stream.receive();
      done = !data.ok() && data.error().code == ErrorCode::kShutdown;
    };
    spawn(receive(*starving, ended));
    co_await loop.sleep_ms(10);
    EXPECT_FALSE(ended);
    co_await starving->close();
    EXPECT_TRUE(ended);
    starving.reset();
    holder.release();
    first.send("again");
    held = co_await holder.receive();
    EXPECT_EQ(to_string(*held), "again");
    co_await holder.close();
    co_await listener->close();
  };
  reactor->block_on(run(*reactor));
}

// Random bytes, sizes and ends: other connections are not affected, and nothing leaks.
TEST(EchoTest, ConnectionsThatEndAnyhowLeaveNothingBehind) {
  constexpr int kConnections = 300;
  auto reactor = make_reactor({.receive_buffers = 16, .receive_buffer_bytes = 256});
  auto listener = listen(*reactor);
  EchoServer server{*reactor, *listener};
  std::thread peers([port = listener->port()] {
    unsigned state = 7;
    auto random = [&state] { return (state = state * 1664525 + 1013904223) >> 8; };
    for (int i = 0; i < kConnections; ++i) {
      Client client(port);
      const std::size_t size = random() % 20000;
      client.send(std::string(size, static_cast<char>(random())));
      if (random() % 2) client.receive(size / 2);
      if (random() % 2) client.reset();
    }
  });
  reactor->block_on(serve(server, kConnections));
  peers.join();
  EXPECT_EQ(server.served, kConnections);
  EXPECT_EQ(reactor->receive_buffers().free_count(), reactor->receive_buffers().count());
}

}  // namespace
}  // namespace terrace::io
