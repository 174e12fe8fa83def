#include "src/server/authentication.h"

#include <algorithm>

namespace terrace {
namespace {

// Compares in constant time: the duration does not tell where the difference is.
bool equal_secrets(std::string_view secret, std::string_view guess) {
  unsigned difference = secret.size() != guess.size();
  for (std::size_t i = 0; i < guess.size(); ++i) {
    char expected = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(expected ^ guess[i]));
  }
  return difference == 0;
}

}  // namespace

bool Authentication::authenticate(Session& session, std::string_view user, std::string_view password) const {
  const std::string& secret = settings_.password;
  if (user == "default" && (secret.empty() || equal_secrets(secret, password))) {
    session.authenticated = true;
    return true;
  }
  ++statistics_.auth_failures;
  return false;
}

std::string Authentication::refusal(std::string_view user) const {
  if (std::ranges::find(settings_.missing_users, user) == settings_.missing_users.end()) {
    return "WRONGPASS invalid username-password pair or user is disabled.";
  }
  return "WRONGPASS user '" + std::string(user) +
         "' of the configuration file is not there: this version has no ACL users beside the default one.";
}

bool valid_client_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace terrace
