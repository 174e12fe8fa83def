// Supervisor: who started the server and wants to hear how it is: systemd, by datagrams to the socket that
// NOTIFY_SOCKET names (sd_notify(3); ten lines of protocol, so no library), upstart, by one stop at the start, or
// nobody. Ownership: owns its socket. Thread: the reactor's, once it runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/config/settings.h"
#include "src/runtime/logger.h"

namespace terrace {

class Supervisor {
 public:
  // Looks for what is asked for, as Redis does, and says in the log what was found. Under upstart this stops the
  // process until upstart lets it go on.
  Supervisor(Supervision wanted, Logger& logger);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  bool present() const { return kind_ != Supervision::kNone; }
  bool listens() const { return kind_ == Supervision::kSystemd; }
  std::string_view name() const;  // as INFO tells it: no, upstart, systemd

  // Each tells systemd, if it is there. loading() and stopping() also ask for more time than the unit allows and are to
  // be repeated while that lasts, at most kPatienceSeconds apart.
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
