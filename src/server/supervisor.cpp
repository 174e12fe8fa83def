#include "src/server/supervisor.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace terrace {
namespace {

// Long enough for a supervisor under load; bounds the wait for one that no longer reads.
constexpr timeval kSendTimeout{.tv_sec = 2, .tv_usec = 0};

std::string more_time() {
  return "\nEXTEND_TIMEOUT_USEC=" + std::to_string(Supervisor::kPatienceSeconds * 1000000ull);
}

// Makes the socket's address and returns its size, 0 if `name` is not valid. '@' stands for the zero byte at the start
// of an abstract name.
socklen_t address_of(const std::string& name, sockaddr_un& address) {
  address = {.sun_family = AF_UNIX, .sun_path = {}};
  bool valid = name.size() > 1 && (name[0] == '/' || name[0] == '@') && name.size() < sizeof address.sun_path;
  if (!valid) return 0;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  // An abstract name has no zero byte at its end, a path has one.
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '/' ? 1 : 0));
}

}  // namespace

Supervisor::Supervisor(Supervision wanted, Logger& logger) : logger_(logger) {
  if (wanted == Supervision::kDetect) {
    wanted = std::getenv("UPSTART_JOB")     ? Supervision::kUpstart
             : std::getenv("NOTIFY_SOCKET") ? Supervision::kSystemd
                                            : Supervision::kNone;
    if (wanted == Supervision::kUpstart) logger_.verbose("Upstart supervision detected.");
    if (wanted == Supervision::kSystemd) logger_.verbose("Systemd supervision detected.");
  }
  if (wanted == Supervision::kUpstart) meet_upstart();
  if (wanted == Supervision::kSystemd) meet_systemd();
}

Supervisor::~Supervisor() {
  if (socket_ >= 0) close(socket_);
}

std::string_view Supervisor::name() const {
  static constexpr std::string_view kNames[] = {"no", "upstart", "systemd"};
  return kNames[static_cast<std::size_t>(kind_)];
}

void Supervisor::meet_upstart() {
  if (std::getenv("UPSTART_JOB") == nullptr) {
    logger_.warning("upstart supervision requested, but UPSTART_JOB not found!");
    return;
  }
  logger_.notice("supervised by upstart, will stop to signal readiness.");
  kind_ = Supervision::kUpstart;
  std::raise(SIGSTOP);
  unsetenv("UPSTART_JOB");
}

void Supervisor::meet_systemd() {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') {
    logger_.warning("systemd supervision error: NOTIFY_SOCKET not found!");
    return;
  }
  sockaddr_un address;
  socklen_t size = address_of(name, address);
  int made = size == 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (size == 0) errno = EAFNOSUPPORT;
  if (made < 0 || connect(made, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    logger_.warning("systemd supervision error: NOTIFY_SOCKET " + std::string(name) + ": " + std::strerror(errno));
    if (made >= 0) close(made);
    return;
  }
  static_cast<void>(setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof kSendTimeout));
  socket_ = made;
  kind_ = Supervision::kSystemd;
  logger_.notice(
      "Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in "
      "your "
      "service unit.");
  tell("STATUS=Terrace is loading...");
}

void Supervisor::loading(std::uint64_t replayed_commands) {
  tell("STATUS=Loading: " + std::to_string(replayed_commands) + " commands of the log replayed" + more_time());
}

void Supervisor::ready() {
  tell("READY=1\nSTATUS=Ready to accept connections");
}

void Supervisor::stopping() {
  tell("STOPPING=1\nSTATUS=Stopping: what only memory and the log hold is written to disk" + more_time());
}

void Supervisor::failed(const std::string& message) {
  // A second line would be taken for another assignment.
  tell("STATUS=" + message.substr(0, message.find('\n')));
}

// Waits for room in the supervisor's queue, as sd_notify() does: if READY=1 were lost, the start would count as failed.
void Supervisor::tell(const std::string& lines) {
  if (socket_ < 0) return;
  ssize_t sent = send(socket_, lines.data(), lines.size(), MSG_NOSIGNAL);
  if (sent < 0) logger_.warning("systemd supervision error: sd_notify: " + std::string(std::strerror(errno)));
}

}  // namespace terrace
