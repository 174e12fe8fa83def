// client_line: the line about one connection in CLIENT LIST and CLIENT INFO, without a line end.
#pragma once

#include <cstdint>
#include <string>

namespace terrace {

class Connection;
class Session;

// The letters of its field `flags`.
std::string client_flags(const Session& session);
std::string client_line(const Connection& connection, std::int64_t now_ms);

}  // namespace terrace
