// DEBUG PROTOCOL: one reply of each kind.
#include "src/commands/server/debug_handlers.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {
namespace {

void boolean(Reply& reply, bool value) {
  if (reply.protocol() == 2) return reply.integer(value ? 1 : 0);
  reply.append(value ? "#t\r\n" : "#f\r\n");
}

void big_number(Reply& reply) {
  constexpr std::string_view kDigits = "1234567999999999999999999999999999999";
  if (reply.protocol() == 2) return reply.bulk(kDigits);
  reply.append("(");
  reply.append(kDigits);
  reply.append("\r\n");
}

void numbers(Reply& reply) {
  for (int number = 0; number < 3; ++number) reply.integer(number);
}

void map(Reply& reply) {
  reply.map(3);
  for (int number = 0; number < 3; ++number) {
    reply.integer(number);
    boolean(reply, number == 1);
  }
}

// An attribute stands before the reply that it is about. RESP2 has none.
void attribute(Reply& reply) {
  if (reply.protocol() == 3) {
    reply.append("|1\r\n");
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void push(Reply& reply) {
  if (reply.protocol() == 2) return reply.error("ERR RESP2 is not supported by this command");
  reply.push(2);
  reply.bulk("server-cpu-usage");
  reply.integer(42);
  reply.bulk("Some real reply following the push reply");
}

struct Kind {
  std::string_view name;
  void (*write)(Reply& reply);
};
constexpr Kind kKinds[] = {
    {"string", [](Reply& reply) { reply.bulk("Hello World"); }},
    {"integer", [](Reply& reply) { reply.integer(12345); }},
    {"double", [](Reply& reply) { reply.real("3.141"); }},
    {"bignum", big_number},
    {"null", [](Reply& reply) { reply.null(); }},
    {"array", [](Reply& reply) { reply.array(3), numbers(reply); }},
    {"set", [](Reply& reply) { reply.set(3), numbers(reply); }},
    {"map", map},
    {"attrib", attribute},
    {"push", push},
    {"verbatim", [](Reply& reply) { reply.verbatim("This is a verbatim\nstring"); }},
    {"true", [](Reply& reply) { boolean(reply, true); }},
    {"false", [](Reply& reply) { boolean(reply, false); }},
};

}  // namespace

io::Task<> debug_protocol(Context& context) {
  std::string names;
  for (const Kind& kind : kKinds) {
    if (is_option(context.argument(2), kind.name)) {
      kind.write(context.reply);
      co_return;
    }
    names += (names.empty() ? "" : "|") + std::string(kind.name);
  }
  context.reply.error("ERR Wrong protocol type name. Please use one of the following: " + names);
}

}  // namespace terrace::commands
