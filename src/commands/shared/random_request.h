// RandomRequest: how many elements HRANDFIELD and ZRANDMEMBER are asked for, and whether with what stands beside them.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/execution/context.h"

namespace terrace::commands {

struct RandomRequest {
  std::int64_t count;  // negative: the same element may come several times
  bool with_values;
};

// Of the arguments from the third on: a count, then perhaps the word `with_values`. None: the error is replied.
std::optional<RandomRequest> random_request(Context& context, std::string_view with_values);

}  // namespace terrace::commands
