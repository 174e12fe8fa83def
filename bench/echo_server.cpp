// terrace-echo: answers each RESP command with a fixed reply and knows no keys: what a request costs in the reactor,
// the sockets and the kernel alone. The floor that the server's CPU per command is compared with.
// With a duty (echo_duty.h) it does of the disk what such a server cannot do without.
// usage: terrace-echo PORT [commit DIRECTORY | read FILE]
// (127.0.0.1 only; ends by SIGTERM or SIGINT and tells what its turns cost)
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "bench/echo_duty.h"
#include "io/listener.h"
#include "io/reactor.h"
#include "io/signal_watcher.h"
#include "io/socket.h"
#include "io/stream.h"

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

Task<> serve(Reactor& reactor, Duty* duty, int fd) {
  Stream stream(reactor, fd);
  CommandCounter counter;
  std::string output;
  while (true) {
    Result<std::span<const std::byte>> data = co_await stream.receive();
    if (!data || data->empty()) break;
    std::size_t commands = counter.count({reinterpret_cast<const char*>(data->data()), data->size()});
    if (duty) co_await duty->fulfil(data->size(), commands);
    for (output.clear(); commands > 0; --commands) output += duty ? duty->reply() : kReply;
    Result<void> sent = co_await stream.send(std::as_bytes(std::span(output)));
    if (!sent) break;
  }
  co_await stream.close();
}

Task<> accept_all(Reactor& reactor, Duty* duty, Listener& listener) {
  while (true) {
    Result<int> fd = co_await listener.accept();
    if (!fd) break;
    if (!set_no_delay(*fd)) std::fprintf(stderr, "terrace-echo: cannot set TCP_NODELAY\n");
    spawn(serve(reactor, duty, *fd));
  }
}

Task<> run(Reactor& reactor, Duty* duty, Listener& listener, SignalWatcher& signals) {
  spawn(accept_all(reactor, duty, listener));
  co_await signals.next();
  co_await listener.close();
  co_await signals.close();
}

int fail(const Error& error) {
  std::fprintf(stderr, "terrace-echo: %s\n", error.message.c_str());
  return 1;
}

int serve_until_told(std::uint16_t port, const std::string& kind, const std::string& path) {
  Result<std::unique_ptr<Reactor>> reactor = Reactor::create();
  if (!reactor) return fail(reactor.error());
  Result<std::unique_ptr<Listener>> listener = Listener::listen_tcp(**reactor, "127.0.0.1", port, 511);
  if (!listener) return fail(listener.error());
  Result<std::unique_ptr<SignalWatcher>> signals = SignalWatcher::create(**reactor, {SIGTERM, SIGINT});
  if (!signals) {
    (*reactor)->block_on((*listener)->close());
    return fail(signals.error());
  }
  std::unique_ptr<Duty> duty;
  if (kind == "commit") duty = std::make_unique<CommitDuty>(**reactor);
  if (kind == "read") duty = std::make_unique<ReadDuty>();
  if (duty) {
    const Result<void> begun = (*reactor)->block_on(duty->begin(**reactor, path));
    if (!begun) return fail(begun.error());
  }
  (*reactor)->block_on(run(**reactor, duty.get(), **listener, **signals));
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
  const char* text = argc == 2 || argc == 4 ? argv[1] : "";
  const std::string kind = argc == 4 ? argv[2] : "";
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), port);
  if (error != std::errc() || *end != '\0' || (argc == 4 && kind != "commit" && kind != "read")) {
    std::fprintf(stderr, "usage: terrace-echo PORT [commit DIRECTORY | read FILE]\n");
    return 2;
  }
  return terrace::io::serve_until_told(port, kind, argc == 4 ? argv[3] : "");
}
