// The list commands that pop elements, and those that push them to another list.
#include "src/commands/list/list_pop.h"

#include <string>

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

// Removes one element and returns it.
std::string take_one(Context& context, std::string_view key, Record* record, ListEnd end) {
  const ListView view(*record);
  const std::size_t size = view.size(), index = end == ListEnd::kLeft ? 0 : size - 1;
  std::string text(view.element(index).view());
  if (size == 1) {
    context.remove(record);
  } else {
    changed_list(context, key, record).erase(index, 1);
  }
  return text;
}

void notify_pop(Context& context, std::string_view key, ListEnd end, bool gone) {
  context.notify(kEventList, end == ListEnd::kLeft ? "lpop" : "rpop", key);
  if (gone) context.notify(kEventGeneric, "del", key);
}

void notify_push(Context& context, std::string_view key, ListEnd end) {
  context.notify(kEventList, end == ListEnd::kLeft ? "lpush" : "rpush", key);
}

// Replies `count` elements from an end and removes them; the list must have as many. Removes the key with the last one.
void pop_elements(Context& context, std::string_view key, Record* record, ListEnd end, std::size_t count) {
  const ListView view(*record);
  const std::size_t size = view.size();
  context.reply.array(count);
  if (count == 0) return;
  std::size_t left = count;
  const auto tell = [&](const ListPlace& place) {
    context.reply.bulk(view.text(place).view());
    return --left > 0;
  };
  if (end == ListEnd::kLeft) {
    view.forward(0, tell);
  } else {
    view.backward(size - 1, tell);
  }
  notify_pop(context, key, end, count == size);
  if (count == size) return context.remove(record);
  changed_list(context, key, record).erase(end == ListEnd::kLeft ? 0 : size - count, count);
}

void pop(Context& context, ListEnd end) {
  if (context.arguments.size() > 3) return wrong_argument_count(context);
  const bool counted = context.arguments.size() == 3;
  const auto count = counted ? types::parse_integer(context.argument(2)) : 1;
  if (!count || *count < 0) return context.reply.error("ERR value is out of range, must be positive");
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (record == nullptr) return counted ? context.reply.null_array() : context.reply.null();
  if (!type_or_absent(context, record, ValueType::kList)) return;
  if (!counted) return context.reply.bulk(pop_one(context, key, record, end));
  pop_elements(context, key, record, end, std::min(ListView(*record).size(), static_cast<std::size_t>(*count)));
}

// A positive number. Nothing: the error is replied.
std::optional<std::size_t> count_argument(Context& context, std::size_t index, std::string_view error) {
  const auto number = types::parse_integer(context.argument(index));
  if (number && *number > 0) return static_cast<std::size_t>(*number);
  context.reply.error(error);
  return std::nullopt;
}

// Reads LEFT|RIGHT [COUNT count] from argument `where` on.
std::optional<ListPopping> popping_argument(Context& context, std::size_t where) {
  const std::size_t arguments = context.arguments.size();
  const auto end = list_end(context.argument(where));
  if (!end) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  if (arguments == where + 1) return ListPopping{*end, 1};
  if (!is_option(context.argument(where + 1), "COUNT") || arguments == where + 2) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  const auto count = count_argument(context, where + 2, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (arguments > where + 3) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  return ListPopping{*end, *count};
}

}  // namespace

std::optional<ListEnd> list_end(std::string_view argument) {
  if (is_option(argument, "LEFT")) return ListEnd::kLeft;
  if (is_option(argument, "RIGHT")) return ListEnd::kRight;
  return std::nullopt;
}

std::string pop_one(Context& context, std::string_view key, Record* record, ListEnd end) {
  const bool last = ListView(*record).size() == 1;
  std::string text = take_one(context, key, record, end);
  notify_pop(context, key, end, last);
  return text;
}

bool move_element(Context& context, ListEnd from, ListEnd to) {
  const std::string_view source = context.argument(1), target = context.argument(2);
  Record* record = context.write(source);
  if (record == nullptr) {
    context.reply.null();
    return false;
  }
  if (!type_or_absent(context, record, ValueType::kList)) return false;
  if (source == target) {
    // The key stays, with its expiry, even if this was its only element.
    List list = changed_list(context, source, record);
    const std::size_t size = list.view().size(), index = from == ListEnd::kLeft ? 0 : size - 1;
    const std::string text(list.view().element(index).view());
    list.erase(index, 1);
    list.push(to, text);
    notify_push(context, target, to);
    notify_pop(context, source, from, /*gone=*/false);
    context.reply.bulk(text);
    return true;
  }
  if (!type_or_absent(context, context.write(target), ValueType::kList)) return false;
  const bool last = ListView(*record).size() == 1;
  const std::string text = take_one(context, source, record, from);
  changed_list(context, target, context.write(target)).push(to, text);
  notify_push(context, target, to);
  notify_pop(context, source, from, last);
  context.reply.bulk(text);
  return true;
}

std::optional<MultiplePop> multiple_pop_arguments(Context& context, std::size_t index) {
  const auto keys = count_argument(context, index, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  if (*keys >= context.arguments.size() - index - 1) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  const auto popping = popping_argument(context, index + 1 + *keys);
  if (!popping) return std::nullopt;
  return MultiplePop{context.arguments.subspan(index + 1, *keys), *popping};
}

bool pop_first_list(Context& context, std::span<const std::string_view> keys, const ListPopping& popping) {
  for (const std::string_view key : keys) {
    Record* record = context.write(key);
    if (record == nullptr) continue;
    if (!type_or_absent(context, record, ValueType::kList)) return true;
    const std::size_t count = std::min(ListView(*record).size(), popping.most);
    context.reply.array(2);
    context.reply.bulk(key);
    pop_elements(context, key, record, popping.end, count);
    const types::IntegerText digits(static_cast<std::int64_t>(count));
    context.propagate({popping.end == ListEnd::kLeft ? "LPOP" : "RPOP", key, digits.view()});
    return true;
  }
  return false;
}

void lpop(Context& context) {
  pop(context, ListEnd::kLeft);
}
void rpop(Context& context) {
  pop(context, ListEnd::kRight);
}

void rpoplpush(Context& context) {
  move_element(context, ListEnd::kRight, ListEnd::kLeft);
}

void lmove(Context& context) {
  const auto from = list_end(context.argument(3)), to = list_end(context.argument(4));
  if (!from || !to) return context.reply.syntax_error();
  move_element(context, *from, *to);
}

void lmpop(Context& context) {
  const auto pop = multiple_pop_arguments(context, 1);
  if (pop && !pop_first_list(context, pop->keys, pop->popping)) context.reply.null_array();
}

}  // namespace terrace::commands
