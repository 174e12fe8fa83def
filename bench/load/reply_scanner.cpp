#include "bench/load/reply_scanner.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace terrace::load {

namespace {

struct Element {
  ReplyScanner::Outcome outcome = ReplyScanner::Outcome::kIncomplete;
  Reply reply;
  std::size_t end = 0;        // behind it in the data; of an array, behind its head
  std::int64_t children = 0;  // elements that follow and belong to it
};

bool read_number(std::string_view line, std::int64_t& number) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  return error == std::errc() && end == line.data() + line.size();
}

Element scan_string(std::string_view data, Element element, std::int64_t size) {
  if (size < 0) {
    element.reply.is_null = true;
  } else {
    const std::size_t begin = element.end;
    element.end += static_cast<std::size_t>(size) + 2;
    if (data.size() < element.end) return {};
    element.reply.text = data.substr(begin, static_cast<std::size_t>(size));
  }
  element.outcome = ReplyScanner::Outcome::kReply;
  return element;
}

Element scan_element(std::string_view data, std::size_t at) {
  Element element;
  const std::size_t line_end = data.find('\r', at);
  if (line_end == std::string_view::npos || line_end + 2 > data.size()) return element;
  element.outcome = ReplyScanner::Outcome::kBroken;
  if (line_end == at) return element;
  element.reply.kind = data[at];
  element.reply.text = data.substr(at + 1, line_end - at - 1);
  element.end = line_end + 2;
  std::int64_t number = 0;
  switch (element.reply.kind) {
    case '$':
    case '=':
      return read_number(element.reply.text, number) ? scan_string(data, element, number) : element;
    case '*':
    case '~':
    case '>':
    case '%':
      if (!read_number(element.reply.text, number)) return element;
      element.reply.is_null = number < 0;
      element.children = number < 0 ? 0 : element.reply.kind == '%' ? 2 * number : number;
      break;
    case '_':
      element.reply.is_null = true;
      break;
    case '+':
    case '-':
    case ':':
    case '#':
    case ',':
    case '(':
      break;
    default:
      return element;
  }
  element.outcome = ReplyScanner::Outcome::kReply;
  return element;
}

}  // namespace

void ReplyScanner::feed(std::string_view bytes) {
  at_ = 0;
  if (carry_.empty()) {
    view_ = bytes;
  } else {
    carry_.append(bytes);
    view_ = carry_;
  }
}

ReplyScanner::Outcome ReplyScanner::next(Reply& reply) {
  std::size_t end = at_;
  std::int64_t left = 1;
  for (bool first = true; left > 0; first = false) {
    const Element element = scan_element(view_, end);
    if (element.outcome == Outcome::kBroken) return Outcome::kBroken;
    if (element.outcome == Outcome::kIncomplete) {
      std::string rest(view_.substr(at_));  // apart: view_ may lie in carry_
      carry_ = std::move(rest);
      view_ = {};
      at_ = 0;
      return Outcome::kIncomplete;
    }
    if (first) reply = element.reply;
    end = element.end;
    left += element.children - 1;
  }
  if (reply.kind == '*' || reply.kind == '~' || reply.kind == '>' || reply.kind == '%') {
    reply.text = view_.substr(at_, end - at_);
  }
  at_ = end;
  return Outcome::kReply;
}

}  // namespace terrace::load
