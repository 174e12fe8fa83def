#include "src/server/authentication.h"

#include <algorithm>

#include "src/config/config.h"
#include "src/runtime/server_statistics.h"

namespace terrace {
namespace {

// Takes as long whatever the difference is.
bool equal_secrets(std::string_view secret, std::string_view guess) {
  unsigned difference = secret.size() != guess.size();
  for (std::size_t i = 0; i < guess.size(); ++i) {
    char expected = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(expected ^ guess[i]));
  }
  return difference == 0;
}

}  // namespace

bool authentication_needed(const Services& services) {
  return !services.config.settings().password.empty();
}

bool authenticate(Services& services, Client& client, std::string_view user, std::string_view password) {
  const std::string& secret = services.config.settings().password;
  if (user == "default" && (secret.empty() || equal_secrets(secret, password))) {
    client.authenticated = true;
    return true;
  }
  ++services.statistics.auth_failures;
  return false;
}

bool valid_client_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace terrace
