// The list commands that wait for an element to pop.
#include "src/commands/list/list_access.h"
#include "src/commands/list/list_handlers.h"
#include "src/commands/list/list_pop.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::ListEnd;

void blocking_pop(Context& context, ListEnd end) {
  const std::size_t last = context.arguments.size() - 1;
  const auto timeout_ms = seconds_timeout_argument(context, last);
  if (!timeout_ms) return;
  const auto keys = context.arguments.subspan(1, last - 1);
  for (const std::string_view key : context.candidates(keys)) {
    Record* record = context.write(key);
    if (record == nullptr) continue;
    if (!type_or_absent(context, record, ValueType::kList)) return;
    context.reply.array(2);
    context.reply.bulk(key);
    context.reply.bulk(pop_one(context, key, record, end));
    return context.propagate({end == ListEnd::kLeft ? "LPOP" : "RPOP", key});
  }
  context.block({.type = ValueType::kList, .keys = keys, .timeout_ms = *timeout_ms});
}

// True: an element was moved.
bool blocking_move(Context& context, ListEnd from, ListEnd to, std::size_t timeout_index) {
  const auto timeout_ms = seconds_timeout_argument(context, timeout_index);
  if (!timeout_ms) return false;
  if (context.write(context.argument(1)) != nullptr) return move_element(context, from, to);
  if (context.may_block()) {
    context.block({.type = ValueType::kList, .keys = context.arguments.subspan(1, 1), .timeout_ms = *timeout_ms});
  } else {
    context.reply.null();  // as in redis-server, where the reply at a timeout is a null array instead
  }
  return false;
}

}  // namespace

void blpop(Context& context) {
  blocking_pop(context, ListEnd::kLeft);
}
void brpop(Context& context) {
  blocking_pop(context, ListEnd::kRight);
}

void blmove(Context& context) {
  const auto from = list_end(context.argument(3)), to = list_end(context.argument(4));
  if (!from || !to) return context.reply.syntax_error();
  if (blocking_move(context, *from, *to, 5)) {
    context.propagate({"LMOVE", context.argument(1), context.argument(2), context.argument(3), context.argument(4)});
  }
}

void brpoplpush(Context& context) {
  if (blocking_move(context, ListEnd::kRight, ListEnd::kLeft, 3)) {
    context.propagate({"RPOPLPUSH", context.argument(1), context.argument(2)});
  }
}

void blmpop(Context& context) {
  const auto pop = multiple_pop_arguments(context, 2);
  if (!pop) return;
  const auto timeout_ms = seconds_timeout_argument(context, 1);
  if (!timeout_ms || pop_first_list(context, context.candidates(pop->keys), pop->popping)) return;
  context.block({.type = ValueType::kList, .keys = pop->keys, .timeout_ms = *timeout_ms});
}

}  // namespace terrace::commands
