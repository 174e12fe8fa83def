// terrace-echo: answers each RESP command with a fixed reply and knows no keys: what a request costs in the reactor,
// the sockets and the kernel alone. The floor that the server's CPU per command is compared with.
// With a directory, a turn's commands are written to a file there, as one write that is synced, before they are
// answered: the floor of a server that makes each command durable, with as many writes at once as the log has.
// usage: terrace-echo PORT [DIRECTORY]   (127.0.0.1 only; ends by SIGTERM or SIGINT and tells what its turns cost)
#include <liburing.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/listener.h"
#include "io/reactor.h"
#include "io/signal_watcher.h"
#include "io/socket.h"
#include "io/stream.h"
#include "io/sync.h"
#include "io/system_error.h"
#include "io/uring_disk.h"

namespace terrace::io {
namespace {

constexpr std::string_view kReply = "$3\r\nxxx\r\n";

// Finds the ends of commands in a byte stream: arrays of bulk strings, or lines. Keeps only where it is.
class CommandCounter {
 public:
  // How many commands end in `data`.
  std::size_t count(std::string_view data) {
    std::size_t commands = 0;
    while (!data.empty()) {
      if (skip_ > 0) {
        const std::size_t skipped = std::min(skip_, data.size());
        skip_ -= skipped;
        data.remove_prefix(skipped);
        if (skip_ == 0 && --arguments_ == 0) ++commands;
        continue;
      }
      const std::size_t end = data.find('\n');
      line_.append(data.substr(0, end));
      if (end == std::string_view::npos) break;
      data.remove_prefix(end + 1);
      commands += take_line();
      line_.clear();
    }
    return commands;
  }

 private:
  bool take_line() {
    std::size_t number = 0;
    if (line_.size() > 1) std::from_chars(line_.data() + 1, line_.data() + line_.size(), number);
    if (arguments_ > 0) {
      skip_ = number + 2;
      return false;
    }
    if (line_.starts_with('*')) arguments_ = number;
    return arguments_ == 0;
  }

  std::size_t arguments_ = 0;
  std::size_t skip_ = 0;
  std::string line_;
};

// A file that is written from end to end, again and again: a write and a sync for all that came while earlier ones were
// on their way.
class CommitFile final : public TurnHook {
 public:
  explicit CommitFile(Reactor& reactor) : reactor_(reactor) { reactor_.add_turn_hook(*this); }
  ~CommitFile() { reactor_.remove_turn_hook(*this); }
  CommitFile(const CommitFile&) = delete;
  CommitFile& operator=(const CommitFile&) = delete;

  // Every block is written once, or the file system would have to note each of them at its first write.
  Task<Result<void>> create(const std::string& directory) {
    Result<std::unique_ptr<UringDisk>> disk = UringDisk::open(reactor_, directory);
    if (!disk) co_return disk.error();
    disk_ = std::move(*disk);
    co_await disk_->unlink(kName);
    file_ = co_await disk_->open(kName, OpenMode::kCreate);
    if (file_ < 0) co_return system_error(-file_, "open the file to commit to");
    for (std::uint64_t offset = 0; offset < kFileSize; offset += kBlocks.size()) {
      const Disk::WriteSyncResult result = co_await disk_->write_sync(file_, offset, kBlocks);
      if (!whole(result, kBlocks.size())) co_return Error{ErrorCode::kIo, "cannot write the file to commit to"};
    }
    co_return Result<void>();
  }

  Task<> committed(std::size_t size) {
    if (!gathering_) gathering_ = std::make_shared<Commit>();
    const std::shared_ptr<Commit> mine = gathering_;
    mine->size += size;
    while (!mine->durable) co_await mine->done.wait();
  }

  void at_turn_end() override {
    if (gathering_ && writing_ < kMaxWriting) spawn(write(std::move(gathering_)));
  }

 private:
  struct Commit {
    std::size_t size = 0;
    bool durable = false;
    Event done;
  };

  static constexpr const char* kName = "echo.log";
  static constexpr std::size_t kBlockSize = 4096;
  static constexpr std::uint64_t kFileSize = 16 << 20;
  static constexpr unsigned kMaxWriting = 2;
  alignas(kBlockSize) static inline const std::array<std::byte, 1 << 20> kBlocks{};

  static bool whole(const Disk::WriteSyncResult& result, std::size_t size) {
    return result.written == static_cast<std::int32_t>(size) && result.synced == 0;
  }

  Task<> write(std::shared_ptr<Commit> commit) {
    const std::size_t blocks = (commit->size + kBlockSize - 1) / kBlockSize;
    const std::size_t size = std::min(blocks * kBlockSize, kBlocks.size());
    if (offset_ + size > kFileSize) offset_ = 0;
    const std::uint64_t offset = std::exchange(offset_, offset_ + size);
    ++writing_;
    const Disk::WriteSyncResult result = co_await disk_->write_sync(file_, offset, std::span(kBlocks).first(size));
    --writing_;
    TERRACE_CHECK(whole(result, size));
    commit->durable = true;
    commit->done.notify();
    at_turn_end();
  }

  Reactor& reactor_;
  std::unique_ptr<Disk> disk_;
  FileHandle file_ = kNoFile;
  std::uint64_t offset_ = 0;
  unsigned writing_ = 0;
  std::shared_ptr<Commit> gathering_;
};

Task<> serve(Reactor& reactor, CommitFile* commits, int fd) {
  Stream stream(reactor, fd);
  CommandCounter counter;
  std::string output;
  while (true) {
    Result<std::span<const std::byte>> data = co_await stream.receive();
    if (!data || data->empty()) break;
    std::size_t commands = counter.count({reinterpret_cast<const char*>(data->data()), data->size()});
    if (commits) co_await commits->committed(data->size());
    for (output.clear(); commands > 0; --commands) output += kReply;
    Result<void> sent = co_await stream.send(std::as_bytes(std::span(output)));
    if (!sent) break;
  }
  co_await stream.close();
}

Task<> accept_all(Reactor& reactor, CommitFile* commits, Listener& listener) {
  while (true) {
    Result<int> fd = co_await listener.accept();
    if (!fd) break;
    if (!set_no_delay(*fd)) std::fprintf(stderr, "terrace-echo: cannot set TCP_NODELAY\n");
    spawn(serve(reactor, commits, *fd));
  }
}

Task<> run(Reactor& reactor, CommitFile* commits, Listener& listener, SignalWatcher& signals) {
  spawn(accept_all(reactor, commits, listener));
  co_await signals.next();
  co_await listener.close();
  co_await signals.close();
}

int fail(const Error& error) {
  std::fprintf(stderr, "terrace-echo: %s\n", error.message.c_str());
  return 1;
}

int serve_until_told(std::uint16_t port, const char* directory) {
  Result<std::unique_ptr<Reactor>> reactor = Reactor::create();
  if (!reactor) return fail(reactor.error());
  Result<std::unique_ptr<Listener>> listener = Listener::listen_tcp(**reactor, "127.0.0.1", port, 511);
  if (!listener) return fail(listener.error());
  Result<std::unique_ptr<SignalWatcher>> signals = SignalWatcher::create(**reactor, {SIGTERM, SIGINT});
  if (!signals) {
    (*reactor)->block_on((*listener)->close());
    return fail(signals.error());
  }
  std::optional<CommitFile> commits;
  if (directory) {
    commits.emplace(**reactor);
    const Result<void> created = (*reactor)->block_on(commits->create(directory));
    if (!created) return fail(created.error());
  }
  (*reactor)->block_on(run(**reactor, commits ? &*commits : nullptr, **listener, **signals));
  const TurnStatistics& turns = (*reactor)->turn_statistics();
  std::fprintf(stderr, "terrace-echo: %llu turns, %llu us busy outside of the kernel, the longest %llu us\n",
               static_cast<unsigned long long>(turns.turns), static_cast<unsigned long long>(turns.busy_us),
               static_cast<unsigned long long>(turns.worst_us));
  // Connections may still be open; their coroutines end with the process.
  std::fflush(nullptr);
  std::_Exit(0);
}

}  // namespace
}  // namespace terrace::io

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  const char* text = argc == 2 || argc == 3 ? argv[1] : "";
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), port);
  if (error != std::errc() || *end != '\0') {
    std::fprintf(stderr, "usage: terrace-echo PORT [DIRECTORY]\n");
    return 2;
  }
  return terrace::io::serve_until_told(port, argc == 3 ? argv[2] : nullptr);
}
