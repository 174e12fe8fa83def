#include "bench/load/run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "bench/load/connection.h"
#include "io/scheduling.h"
#include "io/socket.h"
#include "io/system_error.h"

namespace terrace::load {

namespace {

constexpr std::int64_t kProgressIntervalUs = 200'000;
constexpr std::size_t kShownBytes = 80;  // of a wrong value

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<int> connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return io::system_error(errno, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    const int problem = errno;
    ::close(fd);
    return io::system_error(problem, "connect to 127.0.0.1:" + std::to_string(port));
  }
  Result<void> status = io::set_no_delay(fd);
  if (status) return fd;
  ::close(fd);
  return status.error();
}

}  // namespace

Run::Run(io::Reactor& reactor, Workload& workload, const RunOptions& options)
    : reactor_(reactor), workload_(workload), options_(options) {
  for (const Workload::Part& part : workload.parts()) {
    report_.commands.push_back({.name = std::string(part.row->name), .latency_ns = {}});
  }
}

Run::~Run() = default;

volatile std::sig_atomic_t Run::ending_ = 0;

std::uint64_t Run::now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

Result<void> Run::connect() {
  Result<void> status;
  for (unsigned i = 0; i < options_.connections && status; ++i) {
    Result<int> fd = connect_to(options_.port);
    if (fd) {
      connections_.push_back(std::make_unique<Connection>(*this, *fd, i));
    } else {
      status = fd.error();
    }
  }
  return status;
}

Result<Report> Run::go() {
  limit_ = options_.requests > 0 ? options_.requests : std::numeric_limits<std::uint64_t>::max();
  if (options_.rate > 0) {
    io::run_at_once();  // a client that waits for a processor tells of itself instead of the server
    const double due = options_.seconds > 0 ? std::ceil(options_.rate * options_.seconds) : 1e18;
    scheduled_ = std::min(limit_, static_cast<std::uint64_t>(due));
  }
  Result<void> connected = connect();
  if (!connected) fail(connected.error().message);  // those that are open have to be closed
  if (options_.progress) reactor_.add_turn_hook(*this);
  const double cpu_before = cpu_seconds();
  start_ns_ = last_reply_ns_ = now_ns();
  end_ns_ = options_.seconds > 0 ? start_ns_ + static_cast<std::uint64_t>(options_.seconds * 1e9)
                                 : std::numeric_limits<std::uint64_t>::max();
  reactor_.block_on(run_all());
  report_.cpu_seconds = cpu_seconds() - cpu_before;
  report_.seconds = static_cast<double>(last_reply_ns_ - start_ns_) / 1e9;
  if (options_.progress) {
    reactor_.remove_turn_hook(*this);
    std::fputs("\r\033[K", stderr);
  }
  if (!connected) return connected.error();
  return std::move(report_);
}

io::Task<> Run::run_all() {
  for (const auto& connection : connections_) io::spawn(run_one(*connection));
  while (!running_.idle()) co_await running_.wait();
}

io::Task<> Run::run_one(Connection& connection) {
  const io::Gate::Holder holder = running_.hold();
  co_await connection.run();
}

std::uint64_t Run::take(std::uint64_t wanted, std::uint64_t now) {
  if (failed() || ending_ != 0 || now >= end_ns_) return 0;
  const std::uint64_t count = std::min(wanted, limit_ - issued_);
  issued_ += count;
  return count;
}

void Run::record(const Request& request, const Reply& reply, std::uint64_t latency_ns, std::uint64_t now) {
  CommandReport& command = report_.commands[request.command];
  command.latency_ns.record(latency_ns);
  ++replies_;
  last_reply_ns_ = now;
  if (reply.kind == '-') {
    ++report_.errors[std::string(reply.text)];
    return;
  }
  command.nulls += reply.is_null;
  report_.written_bytes += request.written_bytes;
  if (!options_.verify || workload_.parts()[request.command].row->verb != "GET") return;
  if (!reply.is_null && reply.text == workload_.values().of(request.key)) return;
  if (report_.wrong_values++ > 0) return;
  report_.first_wrong_value = "key number " + std::to_string(request.key) + ": " +
                              (reply.is_null ? "nothing" : std::string(reply.text.substr(0, kShownBytes)));
}

void Run::fail(const std::string& why) {
  if (!failed()) report_.failure = why;
}

void Run::at_turn_end() {
  if (reactor_.turn_time_us() < next_progress_us_) return;
  next_progress_us_ = reactor_.turn_time_us() + kProgressIntervalUs;
  const double seconds = static_cast<double>(now_ns() - start_ns_) / 1e9;
  double share = options_.seconds > 0 ? seconds / options_.seconds : 0;
  if (options_.requests > 0) share = std::max(share, static_cast<double>(replies_) / static_cast<double>(limit_));
  share = std::min(share, 1.0);
  constexpr int kWidth = 30;
  const int filled = static_cast<int>(share * kWidth);
  std::fprintf(stderr, "\r[%.*s%*s] %3.0f %% %9.0f/s ", filled, "##############################", kWidth - filled, "",
               share * 100, seconds > 0 ? static_cast<double>(replies_) / seconds : 0);
}

}  // namespace terrace::load
