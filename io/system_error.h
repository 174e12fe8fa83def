// system_error: an errno as an Error: its code for the program, its text for people.
// Thread: any.
#pragma once

#include <string_view>

#include "io/result.h"

namespace terrace::io {

// The kind of an errno.
ErrorCode error_code(int error_number);

// `what` names the operation and its object ("open data/log.1"); the message is "what: strerror".
Error system_error(int error_number, std::string_view what);

}  // namespace terrace::io
