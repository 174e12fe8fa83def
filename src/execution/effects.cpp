#include "src/execution/effects.h"

#include <charconv>

namespace terrace {
namespace {

void append_header(std::string& out, char kind, std::size_t number) {
  char line[32];
  line[0] = kind;
  char* end = std::to_chars(line + 1, line + sizeof line - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line, static_cast<std::size_t>(end - line));
}

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> parts) {
  append_header(out, '*', parts.size());
  for (std::string_view part : parts) {
    append_header(out, '$', part.size());
    out += part;
    out += "\r\n";
  }
}

}  // namespace terrace
