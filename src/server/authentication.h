// Authentication: the one password (requirepass) of the one user ("default").
#pragma once

#include <string_view>

#include "src/execution/client.h"
#include "src/execution/services.h"

namespace terrace {

bool authentication_needed(const Services& services);
// Marks the client authenticated if the pair is right.
bool authenticate(Services& services, Client& client, std::string_view user, std::string_view password);
// Printable, no blanks.
bool valid_client_name(std::string_view name);

}  // namespace terrace
