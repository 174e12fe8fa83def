// The list commands that change one list.
#include "src/commands/list/list_access.h"
#include "src/commands/list/list_handlers.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::List;
using types::ListEnd;
using types::ListPlace;
using types::ListView;

void push(Context& context, ListEnd end, bool only_if_there) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kList)) return;
  if (record == nullptr && only_if_there) return context.reply.integer(0);
  List list = changed_list(context, key, record);
  for (const std::string_view element : context.arguments.subspan(2)) list.push(end, element);
  context.notify(kEventList, end == ListEnd::kLeft ? "lpush" : "rpush", key);
  context.reply.integer(static_cast<std::int64_t>(list.view().size()));
}

std::optional<ListPlace> find(const ListView& list, std::string_view text) {
  std::optional<ListPlace> found;
  list.forward(0, [&](const ListPlace& place) {
    if (list.text(place).view() == text) found = place;
    return !found;
  });
  return found;
}

}  // namespace

void lpush(Context& context) {
  push(context, ListEnd::kLeft, false);
}
void rpush(Context& context) {
  push(context, ListEnd::kRight, false);
}
void lpushx(Context& context) {
  push(context, ListEnd::kLeft, true);
}
void rpushx(Context& context) {
  push(context, ListEnd::kRight, true);
}

void linsert(Context& context) {
  const bool after = is_option(context.argument(2), "AFTER");
  if (!after && !is_option(context.argument(2), "BEFORE")) return context.reply.syntax_error();
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kList)) return;
  if (record == nullptr) return context.reply.integer(0);
  const auto pivot = find(ListView(*record), context.argument(3));
  if (!pivot) return context.reply.integer(-1);
  List list = changed_list(context, key, record);
  if (after) {
    list.insert_after(*pivot, context.argument(4));
  } else {
    list.insert_before(*pivot, context.argument(4));
  }
  context.notify(kEventList, "linsert", key);
  context.reply.integer(static_cast<std::int64_t>(list.view().size()));
}

void lset(Context& context) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (record == nullptr) return context.reply.error("ERR no such key");
  if (!type_or_absent(context, record, ValueType::kList)) return;
  const auto number = integer_argument(context, 2);
  if (!number) return;
  const ListView view(*record);
  const std::size_t index = list_index(*number, view.size());
  if (index == view.size()) return context.reply.error("ERR index out of range");
  List list = changed_list(context, key, record);
  list.replace(list.view().at(index), context.argument(3));
  context.notify(kEventList, "lset", key);
  context.reply.ok();
}

void lrem(Context& context) {
  const auto count = integer_argument(context, 2);
  if (!count) return;
  const std::string_view key = context.argument(1), text = context.argument(3);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kList)) return;
  if (record == nullptr || !find(ListView(*record), text)) return context.reply.integer(0);
  List list = changed_list(context, key, record);
  // The absolute value of the smallest number exceeds the size of any list: all matches are removed, as in Redis.
  const std::uint64_t asked = *count < 0 ? 0 - static_cast<std::uint64_t>(*count) : static_cast<std::uint64_t>(*count);
  const std::size_t most = asked == 0 ? list.view().size() : asked;
  const std::size_t removed = list.erase_equal(text, *count < 0 ? ListEnd::kRight : ListEnd::kLeft, most);
  context.notify(kEventList, "lrem", key);
  if (list.empty()) {
    context.remove(list.record());
    context.notify(kEventGeneric, "del", key);
  }
  context.reply.integer(static_cast<std::int64_t>(removed));
}

void ltrim(Context& context) {
  const auto start = integer_argument(context, 2);
  if (!start) return;
  const auto stop = integer_argument(context, 3);
  if (!stop) return;
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kList)) return;
  if (record == nullptr) return context.reply.ok();
  const std::size_t size = ListView(*record).size();
  const ListRange kept = list_range(*start, *stop, size);
  context.notify(kEventList, "ltrim", key);
  if (kept.size() == 0) {
    context.remove(record);
    context.notify(kEventGeneric, "del", key);
  } else if (kept.size() < size) {
    List list = changed_list(context, key, record);
    list.erase(kept.end, size - kept.end);
    list.erase(0, kept.begin);
  } else {
    context.signal_modified(*record);
  }
  context.reply.ok();
}

}  // namespace terrace::commands
