// LCS: the longest common subsequence of two strings, as text, as length or as matching ranges.

#include "src/commands/shared/argument.h"
#include "src/commands/string/string_handlers.h"
#include "src/types/string/string.h"
#include "src/types/string/subsequence.h"

namespace terrace::commands {
namespace {

using storage::Record;

struct LcsOptions {
  bool length = false;   // LEN
  bool indexes = false;  // IDX
  bool with_size = false;
  std::int64_t min_size = 0;
};

std::optional<LcsOptions> parse_options(Context& context) {
  LcsOptions options;
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    const std::string_view argument = context.argument(i);
    if (is_option(argument, "IDX")) {
      options.indexes = true;
    } else if (is_option(argument, "LEN")) {
      options.length = true;
    } else if (is_option(argument, "WITHMATCHLEN")) {
      options.with_size = true;
    } else if (is_option(argument, "MINMATCHLEN") && i + 1 < context.arguments.size()) {
      const auto size = integer_argument(context, ++i);
      if (!size) return std::nullopt;
      options.min_size = *size;
    } else {
      context.reply.syntax_error();
      return std::nullopt;
    }
  }
  if (options.indexes && options.length) {
    context.reply.error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return options;
}

void reply_ranges(Reply& reply, const types::Subsequence& common, const LcsOptions& options) {
  std::vector<types::CommonRange> ranges = common.ranges();
  std::erase_if(ranges, [&](const types::CommonRange& range) { return range.size() < options.min_size; });
  reply.map(2);
  reply.bulk("matches");
  reply.array(ranges.size());
  for (const types::CommonRange& range : ranges) {
    reply.array(options.with_size ? 3 : 2);
    reply.array(2);
    reply.integer(range.first_a);
    reply.integer(range.last_a);
    reply.array(2);
    reply.integer(range.first_b);
    reply.integer(range.last_b);
    if (options.with_size) reply.integer(range.size());
  }
  reply.bulk("len");
  reply.integer(common.size());
}

// Would the table of Redis exceed proto-max-bulk-len? The table here needs far less memory, but the limit also bounds
// how long the command runs.
bool too_much_work(std::uint64_t a_size, std::uint64_t b_size) {
  return (a_size + 1) * (b_size + 1) > storage::kMaxValueSize / sizeof(std::uint32_t);
}

bool is_text(const Record* record) {
  return record == nullptr || record->type() == storage::ValueType::kString;
}

// The string of a record, nothing for nullptr.
std::optional<types::StringText> text_of(const Record* record) {
  return record == nullptr ? std::nullopt : std::optional<types::StringText>(*record);
}
std::string_view view_of(const std::optional<types::StringText>& text) {
  return text ? text->view() : std::string_view();
}

}  // namespace

void lcs(Context& context) {
  const Record* first = context.read(context.argument(1));
  const Record* second = context.read(context.argument(2));
  if (!is_text(first) || !is_text(second)) {
    return context.reply.error("ERR The specified keys must contain string values");
  }
  const auto first_text = text_of(first), second_text = text_of(second);
  const std::string_view a = view_of(first_text), b = view_of(second_text);
  const auto options = parse_options(context);
  if (!options) return;
  if (too_much_work(a.size(), b.size())) {
    return context.reply.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const types::Subsequence common(a, b);
  if (options->indexes) return reply_ranges(context.reply, common, *options);
  if (options->length) return context.reply.integer(common.size());
  context.reply.bulk(common.text());
}

}  // namespace terrace::commands
