#include "src/commands/shared/scan.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "src/commands/shared/argument.h"
#include "src/types/encoding/value.h"

namespace terrace {

using storage::Record;

bool remove_expired(Context& context, std::span<const std::string> keys) {
  bool complete = true;
  for (const std::string& key : keys) complete &= context.need(key);
  if (!complete) return false;
  for (const std::string& key : keys) context.peek(key);
  return true;
}

bool ScanFilter::passes_type(const Record& record) const {
  return !type_name || is_option(*type_name, types::type_name(record.type()));
}

// Reads the cursor as strtoul does, as Redis: "-1" is the largest cursor, "" is 0.
std::optional<std::uint64_t> cursor_argument(Context& context, std::size_t index) {
  const std::string text(context.argument(index));
  char* end = nullptr;
  errno = 0;
  const std::uint64_t cursor = std::strtoul(text.c_str(), &end, 10);
  if (std::isspace(static_cast<unsigned char>(text[0])) || *end != '\0' || errno == ERANGE) {
    context.reply.error("ERR invalid cursor");
    return std::nullopt;
  }
  return cursor;
}

std::optional<ScanOptions> scan_options(Context& context, std::size_t first, Scanned scanned) {
  ScanOptions options;
  for (std::size_t i = first; i < context.arguments.size(); i += 2) {
    const std::string_view option = context.argument(i);
    if (is_option(option, "NOVALUES")) {
      if (scanned != Scanned::kHash) {
        context.reply.error("ERR NOVALUES option can only be used in HSCAN");
        return std::nullopt;
      }
      options.values = false;
      --i;
      continue;
    }
    const bool complete = i + 1 < context.arguments.size();
    if (complete && is_option(option, "COUNT")) {
      const auto count = integer_argument(context, i + 1);
      if (!count) return std::nullopt;
      options.count = *count;
    } else if (complete && is_option(option, "MATCH")) {
      options.filter.set_pattern(context.argument(i + 1));
    } else if (complete && scanned == Scanned::kKeys && is_option(option, "TYPE")) {
      options.filter.type_name = context.argument(i + 1);
    } else {
      options.count = 0;
    }
    if (options.count < 1) {
      context.reply.syntax_error();
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace terrace
