// String commands of Redis 8.4 with conditions: DELEX, DIGEST, MSETEX.
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/string/string_access.h"
#include "src/commands/string/string_handlers.h"
#include "src/commands/string/string_options.h"
#include "src/text/integer.h"

namespace terrace::commands {

using storage::Record;
using types::EncodedString;

void digest(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  if (record == nullptr) return context.reply.null();
  context.reply.bulk(digest_of(*record));
}

namespace {

// False: the error is replied.
bool parse_delex_condition(Context& context, const Record& record, ValueCondition& condition) {
  if (context.arguments.size() == 2) return true;
  if (record.type() != storage::ValueType::kString) {
    context.reply.error("ERR Key should be of string type if conditions are specified");
    return false;
  }
  condition = {ValueCondition::kind_of(context.argument(2)), context.argument(3)};
  if (!condition) {
    context.reply.error("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");
    return false;
  }
  if (condition.valid()) return true;
  context.reply.error(kBadDigest);
  return false;
}

}  // namespace

void delex(Context& context) {
  const std::size_t count = context.arguments.size();
  if (count != 2 && count != 4) return wrong_argument_count(context);
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (record == nullptr) return context.reply.integer(0);
  ValueCondition condition;
  if (!parse_delex_condition(context, *record, condition)) return;
  if (condition && !condition.holds(record)) return context.reply.integer(0);
  context.remove(record);
  context.propagate({"DEL", key});  // without the value, which may be large
  context.reply.integer(1);
}

namespace {

// The number of pairs. Nothing: the error is replied.
std::optional<std::size_t> pair_count(Context& context) {
  const auto number = parse_integer(context.argument(1));
  if (!number || *number < 1 || *number > INT32_MAX) {
    context.reply.error("ERR invalid numkeys value or out of range");
    return std::nullopt;
  }
  const auto count = static_cast<std::size_t>(*number);
  if (count <= (context.arguments.size() - 2) / 2) return count;
  context.reply.syntax_error();
  return std::nullopt;
}

// Are all keys there (XX), or none of them (NX)?
bool keys_are_as_wanted(Context& context, std::size_t end, const StringOptions& options) {
  for (std::size_t i = 2; i < end; i += 2) {
    const bool found = context.peek(context.argument(i)) != nullptr;
    if (found ? options.if_absent : options.if_present) return false;
  }
  return true;
}

}  // namespace

void msetex(Context& context) {
  const auto count = pair_count(context);
  if (!count) return;
  const std::size_t end = 2 + *count * 2;
  const auto options = parse_string_options(context, end, OptionsOf::kMsetex);
  if (!options) return;
  std::optional<std::int64_t> expiry_ms;
  if (options->has_expiry()) {
    expiry_ms = parse_expiry(context, options->expiry_index, options->unit);
    if (!expiry_ms) return;
  }
  if (!keys_are_as_wanted(context, end, *options)) return context.reply.integer(0);
  std::vector<std::string_view> effect(context.arguments.begin(),
                                       context.arguments.begin() + static_cast<std::ptrdiff_t>(end));
  for (std::size_t i = 2; i < end; i += 2) {
    Record* const record =
        put_string(context, context.argument(i), EncodedString(context.argument(i + 1)), options->keep_expiry);
    if (expiry_ms) context.set_expiry(record, *expiry_ms);
  }
  const types::IntegerText digits(expiry_ms.value_or(0));
  if (expiry_ms) effect.insert(effect.end(), {"PXAT", digits});
  if (options->keep_expiry) effect.emplace_back("KEEPTTL");
  context.propagate(effect);
  context.reply.integer(1);
}

}  // namespace terrace::commands
