#include "src/text/split_arguments.h"

#include <cstdio>

namespace terrace {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::optional<std::vector<std::string>> run() {
    std::vector<std::string> arguments;
    for (;;) {
      while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
      if (at_ == line_.size() || line_[at_] == '\0') return arguments;
      std::string argument;
      if (!read_argument(argument)) return std::nullopt;
      arguments.push_back(std::move(argument));
    }
  }

 private:
  bool read_argument(std::string& out) {
    while (at_ < line_.size()) {
      char c = line_[at_];
      if (is_blank(c) || c == '\0') return true;
      if (c == '"' || c == '\'') {
        ++at_;
        return c == '"' ? read_double_quoted(out) : read_single_quoted(out);
      }
      out += c;
      ++at_;
    }
    return true;
  }

  // Behind the closing quote there must be a blank or the end.
  bool close_quote() {
    ++at_;
    return at_ == line_.size() || is_blank(line_[at_]);
  }

  bool read_double_quoted(std::string& out) {
    while (at_ < line_.size()) {
      char c = line_[at_];
      if (c == '"') return close_quote();
      if (c == '\\' && at_ + 3 < line_.size() && line_[at_ + 1] == 'x' && hex_value(line_[at_ + 2]) >= 0 &&
          hex_value(line_[at_ + 3]) >= 0) {
        out += static_cast<char>(hex_value(line_[at_ + 2]) * 16 + hex_value(line_[at_ + 3]));
        at_ += 4;
      } else if (c == '\\' && at_ + 1 < line_.size()) {
        out += unescape(line_[at_ + 1]);
        at_ += 2;
      } else {
        out += c;
        ++at_;
      }
    }
    return false;
  }

  bool read_single_quoted(std::string& out) {
    while (at_ < line_.size()) {
      char c = line_[at_];
      if (c == '\'') return close_quote();
      if (c == '\\' && at_ + 1 < line_.size() && line_[at_ + 1] == '\'') {
        out += '\'';
        at_ += 2;
      } else {
        out += c;
        ++at_;
      }
    }
    return false;
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> split_arguments(std::string_view line) {
  return Splitter(line).run();
}

std::string quote_argument(std::string_view argument) {
  std::string out = "\"";
  for (char c : argument) {
    switch (c) {
      case '\\':
      case '"':
        (out += '\\') += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          out += c;
        } else {
          char escaped[8];
          std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
          out += escaped;
        }
    }
  }
  out += '"';
  return out;
}

}  // namespace terrace
