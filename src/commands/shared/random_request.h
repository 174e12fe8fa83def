// RandomRequest: the count of HRANDFIELD and ZRANDMEMBER, and whether they reply values or scores as well.
// Ownership: a value. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/execution/context.h"

namespace terrace::commands {

struct RandomRequest {
  std::int64_t count;  // negative: the reply may have an element several times
  bool with_values;
};

// Reads the count in argument 2 and, if it is there, the word `with_values`. Nothing: the error is replied.
std::optional<RandomRequest> random_request(Context& context, std::string_view with_values);

}  // namespace terrace::commands
