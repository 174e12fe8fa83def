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

// Takes the object of a record, which must be removed next.
Value take_value(Context& context, Record* record) {
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

// The memory for a second value like that of a record.
bool take_copy(Context& context, const Record& record) {
  return context.take_memory(Record::footprint(&record));
}
// For one that is moved: an object moves as it is.
bool take_move(Context& context, const Record& record) {
  return record.object() != nullptr || take_copy(context, record);
}

// For Redis a key that is replaced here is a new one.
void notify_replaced(Context& context, std::string_view name, unsigned database) {
  if (context.peek(name, database) != nullptr) context.notify(kEventNew, "new", name, database);
}

// The new key gets the object of the old one, or a copy of its bytes.
void move_value(Context& context, std::string_view old_name, std::string_view name, unsigned database) {
  Record* record = context.write(old_name);
  if (record->object() == nullptr) {
    put_copy(context, name, database, *record, nullptr);
  } else {
    put_value(context, name, database, take_value(context, record));
  }
  context.remove(context.write(old_name));
}

void rename_key(Context& context, bool if_absent) {
  const std::string_view old_name = context.argument(1), name = context.argument(2);
  const Record* record = context.write(old_name);
  if (record == nullptr) return context.reply.error("ERR no such key");
  // RENAMENX does not replace a key.
  const bool renamed = name != old_name && !(if_absent && context.peek(name) != nullptr);
  if (renamed && !take_move(context, *record)) return;
  if (renamed) {
    notify_replaced(context, name, context.database_number());
    move_value(context, old_name, name, context.database_number());
    context.notify(kEventGeneric, "rename_from", old_name);
    context.notify(kEventGeneric, "rename_to", name);
  }
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
  const Record* source = in_the_way ? nullptr : context.peek(key);
  if (source != nullptr && !take_copy(context, *source)) return;
  storage::ObjectPointer copy;
  if (!in_the_way && !context.copied(key, copy)) return;
  const Record* record = context.read(key);
  if (record == nullptr || in_the_way) return context.reply.integer(0);
  notify_replaced(context, name, options->database);
  put_copy(context, name, options->database, *record, std::move(copy));
  context.notify(kEventGeneric, "copy_to", name, options->database);
  context.reply.integer(1);
}

void move(Context& context) {
  const auto database = database_argument(context, 2);
  if (!database) return;
  if (*database == context.database_number()) return same_object(context.reply);
  const std::string_view key = context.argument(1);
  if (!context.need(key, *database)) return;
  const Record* record = context.write(key);
  if (record == nullptr || context.write(key, *database) != nullptr) return context.reply.integer(0);
  if (!take_move(context, *record)) return;
  move_value(context, key, key, *database);
  context.notify(kEventGeneric, "move_from", key);
  context.notify(kEventGeneric, "move_to", key, *database);
  context.reply.integer(1);
}

void rename(Context& context) {
  rename_key(context, false);
}
void renamenx(Context& context) {
  rename_key(context, true);
}

}  // namespace terrace::commands
