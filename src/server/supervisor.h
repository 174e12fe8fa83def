// Supervisor: tells the supervisor that has started the server about its state: systemd by datagrams to the socket that
// NOTIFY_SOCKET names (sd_notify(3), written here: it needs ten lines), upstart by a SIGSTOP at the start.
// Ownership: owns its socket. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/config/settings.h"
#include "src/runtime/logger.h"

namespace terrace {

class Supervisor {
 public:
  // Looks for the wanted supervisor, as Redis does, and logs what was found. Under upstart this stops the process until
  // upstart continues it.
  Supervisor(Supervision wanted, Logger& logger);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  bool present() const { return kind_ != Supervision::kNone; }
  bool listens() const { return kind_ == Supervision::kSystemd; }
  std::string_view name() const;  // for INFO: no, upstart, systemd

  // Each tells systemd, if it is the supervisor. loading() and stopping() also ask for more time than the unit file
  // allows. They must be repeated during a long start or stop, at intervals of at most kPatienceSeconds.
  static constexpr unsigned kPatienceSeconds = 30;
  void loading(std::uint64_t replayed_commands);
  void ready();
  void stopping();
  void failed(const std::string& message);

 private:
  void meet_upstart();
  void meet_systemd();
  void tell(const std::string& lines);

  Logger& logger_;
  Supervision kind_ = Supervision::kNone;
  int socket_ = -1;
};

}  // namespace terrace
