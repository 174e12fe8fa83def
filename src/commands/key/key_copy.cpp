// The key commands that copy or move a value from one key to another: COPY, MOVE, RENAME.
#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/put_value.h"
#include "src/execution/context.h"
#include "src/text/integer.h"
#include "src/types/encoding/value.h"
#include "src/types/value_copy.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::Value;

// Takes the value of a record, which must be removed next.
Value take_value(Context& context, Record* record) {
  if (record->object() == nullptr) return types::copy_value(*record);
  Value value{record->type(), record->encoding(), {}, {}, record->expiry_ms()};
  value.object = context.take_object(record);
  return value;
}

// Puts a copy of the record's value under `name`. `copied`: a copy of its object, if one was made.
void put_copy(Context& context, std::string_view name, unsigned database, const Record& record,
              storage::ObjectPointer copied) {
  if (record.object() != nullptr) {
    return put_value(context, name, database, types::copy_value(record, std::move(copied)));
  }
  // Copies directly from the record: a string may be large.
  const std::int64_t expiry_ms = record.expiry_ms();
  Record* made = context.put(name, database, record.type(), record.encoding(), record.bytes());
  if (expiry_ms != storage::kNoExpiry) context.set_expiry(made, expiry_ms, database);
}

struct CopyOptions {
  unsigned database;
  bool replace = false;
};

std::optional<CopyOptions> parse_copy_options(Context& context) {
  CopyOptions options{context.database_number()};
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    if (is_option(context.argument(i), "REPLACE")) {
      options.replace = true;
    } else if (is_option(context.argument(i), "DB") && i + 1 < context.arguments.size()) {
      const auto database = database_argument(context, ++i);
      if (!database) return std::nullopt;
      options.database = *database;
    } else {
      context.reply.syntax_error();
      return std::nullopt;
    }
  }
  return options;
}

std::optional<unsigned> named_database(std::string_view argument) {
  const auto number = parse_integer(argument);
  if (!number || *number < 0 || *number > INT32_MAX) return std::nullopt;
  return static_cast<unsigned>(*number);
}

void same_object(Reply& reply) {
  reply.error("ERR source and destination objects are the same");
}

// False: a key with the new name exists, and RENAMENX does not replace it.
bool rename_to(Context& context, std::string_view name, bool if_absent) {
  const std::string_view old_name = context.argument(1);
  if (if_absent && context.peek(name) != nullptr) return false;
  put_value(context, name, context.database_number(), take_value(context, context.write(old_name)));
  context.remove(context.write(old_name));
  return true;
}

void rename_key(Context& context, bool if_absent) {
  const std::string_view name = context.argument(2);
  if (context.write(context.argument(1)) == nullptr) return context.reply.error("ERR no such key");
  const bool renamed = name != context.argument(1) && rename_to(context, name, if_absent);
  if (if_absent) {
    context.reply.integer(renamed ? 1 : 0);
  } else {
    context.reply.ok();
  }
}

}  // namespace

std::optional<unsigned> copy_database(std::span<const std::string_view> arguments) {
  std::optional<unsigned> database;
  for (std::size_t i = 3; i + 1 < arguments.size(); ++i) {
    if (is_option(arguments[i], "DB")) database = named_database(arguments[i + 1]);
  }
  return database;
}

std::optional<unsigned> move_database(std::span<const std::string_view> arguments) {
  return arguments.size() == 3 ? named_database(arguments[2]) : std::nullopt;
}

void copy(Context& context) {
  const auto options = parse_copy_options(context);
  if (!options) return;
  const std::string_view key = context.argument(1);
  const std::string_view name = context.argument(2);
  if (options->database == context.database_number() && key == name) return same_object(context.reply);
  if (!context.need(name, options->database)) return;
  const bool in_the_way = context.write(name, options->database) != nullptr && !options->replace;
  storage::ObjectPointer copy;
  if (!in_the_way && !context.copied(key, copy)) return;
  const Record* record = context.read(key);
  if (record == nullptr || in_the_way) return context.reply.integer(0);
  put_copy(context, name, options->database, *record, std::move(copy));
  context.reply.integer(1);
}

void move(Context& context) {
  const auto database = database_argument(context, 2);
  if (!database) return;
  if (*database == context.database_number()) return same_object(context.reply);
  const std::string_view key = context.argument(1);
  if (!context.need(key, *database)) return;
  if (context.write(key) == nullptr || context.write(key, *database) != nullptr) return context.reply.integer(0);
  put_value(context, key, *database, take_value(context, context.write(key)));
  context.remove(context.write(key));
  context.reply.integer(1);
}

void rename(Context& context) {
  rename_key(context, false);
}
void renamenx(Context& context) {
  rename_key(context, true);
}

}  // namespace terrace::commands
