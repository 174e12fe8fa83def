// A script as simulated clients send it: EVAL of a text that calls a list of commands and returns their replies.
// Thread: any.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/clients/arguments.h"

namespace terrace::simulation {

// `declared`: the keys that it names.
Arguments script_request(const std::vector<std::string>& declared, const std::vector<Arguments>& commands);
std::vector<Arguments> commands_of_script(const Arguments& request);

}  // namespace terrace::simulation
