#include "src/pubsub/monitors.h"

#include <cstdio>

#include "src/execution/inbox.h"
#include "src/text/ignoring_case.h"

namespace terrace {
namespace {

// In quotation marks, with the escapes of Redis.
void add_quoted(std::string& out, std::string_view bytes) {
  constexpr std::string_view kEscaped = "\\\"\n\r\t\a\b", kLetters = "\\\"nrtab";
  out += '"';
  for (const char c : bytes) {
    const std::size_t at = kEscaped.find(c);
    if (at != std::string_view::npos) {
      (out += '\\') += kLetters[at];
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
      out += code;
    }
  }
  out += '"';
}

// AUTH [user] password; HELLO [version] ... AUTH user password ...
bool is_secret(const Call& call, std::size_t index) {
  const std::string_view command = call.row().name;
  if (command == "auth") return index > 0;
  if (command != "hello") return false;
  const auto follows_auth = [&](std::size_t distance) {
    return index >= 2 + distance && equals_ignoring_case(call.arguments[index - distance], "AUTH");
  };
  return follows_auth(1) || follows_auth(2);
}

}  // namespace

void Monitors::add(Session& session) {
  sessions_.push_back(&session);
  session.monitors = true;
  audience_.monitors = sessions_.size();
}

void Monitors::forget(Session& session) {
  if (!session.monitors) return;
  std::erase(sessions_, &session);
  session.monitors = false;
  audience_.monitors = sessions_.size();
}

std::string Monitors::line(const Session& session, const Call& call, std::int64_t wall_ms) {
  char time[48];
  std::snprintf(time, sizeof time, "+%lld.%03lld000 [%u ", static_cast<long long>(wall_ms / 1000),
                static_cast<long long>(wall_ms % 1000), session.database);
  std::string line(time);
  if (session.unix_socket) line += "unix:";
  line += session.unix_socket ? session.address.substr(0, session.address.rfind(':')) : session.address;
  line += ']';
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    line += ' ';
    add_quoted(line, is_secret(call, i) ? "(redacted)" : call.arguments[i]);
  }
  return line += "\r\n";
}

void Monitors::deliver(std::string_view line, std::uint64_t position) {
  for (Session* session : sessions_) {
    if (session->inbox != nullptr) session->inbox->push(line, position);
  }
}

}  // namespace terrace
