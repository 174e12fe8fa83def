// Authentication: the one password (requirepass) of the one user ("default").
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <string>
#include <string_view>

#include "src/config/settings.h"
#include "src/execution/session.h"
#include "src/runtime/server_statistics.h"

namespace terrace {

class Authentication {
 public:
  Authentication(const Settings& settings, ServerStatistics& statistics)
      : settings_(settings), statistics_(statistics) {}

  bool needed() const { return !settings_.password.empty(); }
  // Marks the session as authenticated if user and password are right.
  bool authenticate(Session& session, std::string_view user, std::string_view password) const;
  // The error for a user who cannot be authenticated.
  std::string refusal(std::string_view user) const;

 private:
  const Settings& settings_;
  ServerStatistics& statistics_;
};

// A valid name consists of printable characters other than blanks.
bool valid_client_name(std::string_view name);

}  // namespace terrace
