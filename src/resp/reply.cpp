#include "src/resp/reply.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "src/text/real_text.h"

namespace terrace {
namespace {

constexpr std::size_t kNumberSize = 24;
// Bulk strings up to this size are assembled on the stack and appended in one piece.
constexpr std::size_t kSmallBulk = 192;

char* write_number(char* at, std::int64_t number) {
  return std::to_chars(at, at + kNumberSize, number).ptr;
}

std::size_t number_size(std::int64_t number) {
  char digits[kNumberSize];
  return static_cast<std::size_t>(write_number(digits, number) - digits);
}

char* write_line_end(char* at) {
  at[0] = '\r';
  at[1] = '\n';
  return at + 2;
}

}  // namespace

void Reply::ask_for_bounds() {
  set_bounds(std::exchange(bounding_, nullptr)->bounds());
}

void Reply::drop(std::size_t more) {
  dropped_ += out_.size() - start_ + more;
  out_.resize(start_);
  end_ = 0;
}

void Reply::header(char kind, std::int64_t number) {
  if (exceeds(kNumberSize)) return drop(number_size(number) + 3);
  char line[kNumberSize + 4];
  line[0] = kind;
  char* end = write_line_end(write_number(line + 1, number));
  out_.append(line, static_cast<std::size_t>(end - line));
}

void Reply::simple(std::string_view text) {
  out_ += '+';
  out_ += text;
  out_ += "\r\n";
}

void Reply::error(std::string_view text) {
  while (text.ends_with('\r') || text.ends_with('\n')) text.remove_suffix(1);
  out_ += '-';
  for (char c : text) out_ += c == '\r' || c == '\n' ? ' ' : c;
  out_ += "\r\n";
}

void Reply::integer(std::int64_t number) {
  header(':', number);
}

void Reply::bulk(std::string_view bytes) {
  if (exceeds(bytes.size() + kNumberSize)) {
    return drop(bytes.size() + number_size(static_cast<std::int64_t>(bytes.size())) + 5);
  }
  if (bytes.size() <= kSmallBulk) {
    char buffer[kSmallBulk + kNumberSize + 8];
    buffer[0] = '$';
    char* end = write_line_end(write_number(buffer + 1, static_cast<std::int64_t>(bytes.size())));
    if (!bytes.empty()) std::memcpy(end, bytes.data(), bytes.size());
    end = write_line_end(end + bytes.size());
    out_.append(buffer, static_cast<std::size_t>(end - buffer));
    return;
  }
  // In one step: else the final line end could double the buffer of a large value.
  out_.reserve(out_.size() + kNumberSize + bytes.size());
  header('$', static_cast<std::int64_t>(bytes.size()));
  out_ += bytes;
  out_ += "\r\n";
}

void Reply::bulk_integer(std::int64_t number) {
  char digits[kNumberSize];
  bulk({digits, static_cast<std::size_t>(write_number(digits, number) - digits)});
}

void Reply::null() {
  if (exceeds(0)) return drop(5);
  out_ += protocol_ == 3 ? "_\r\n" : "$-1\r\n";
}
void Reply::null_array() {
  out_ += protocol_ == 3 ? "_\r\n" : "*-1\r\n";
}

void Reply::real(double number) {
  real(RealText(number).view());
}

void Reply::real(std::string_view digits) {
  if (protocol_ == 2) return bulk(digits);
  out_ += ',';
  out_ += digits;
  out_ += "\r\n";
}

void Reply::verbatim(std::string_view text, std::string_view extension) {
  if (protocol_ == 2) return bulk(text);
  header('=', static_cast<std::int64_t>(text.size() + 4));
  out_ += extension.substr(0, 3);
  out_ += ':';
  out_ += text;
  out_ += "\r\n";
}

void Reply::array(std::size_t elements) {
  header('*', static_cast<std::int64_t>(elements));
}

void Reply::map(std::size_t pairs) {
  if (protocol_ == 3) {
    header('%', static_cast<std::int64_t>(pairs));
  } else {
    array(pairs * 2);
  }
}

void Reply::push(std::size_t elements) {
  header(protocol_ == 3 ? '>' : '*', static_cast<std::int64_t>(elements));
}

void Reply::set(std::size_t elements) {
  header(protocol_ == 3 ? '~' : '*', static_cast<std::int64_t>(elements));
}

}  // namespace terrace
