// The handlers of the string commands, for the rows in string_table.cpp.
#pragma once

#include <span>
#include <string_view>

namespace terrace {

class Context;

namespace commands {

// string_read.cpp
void get(Context& context);
void getdel(Context& context);
void getex(Context& context);
void getrange(Context& context);
void mget(Context& context);
void strlen(Context& context);

// string_write.cpp
void append(Context& context);
void delifeq(Context& context);

// string_conditional.cpp
void delex(Context& context);
void digest(Context& context);
void msetex(Context& context);

void getset(Context& context);
void mset(Context& context);
void msetnx(Context& context);
void psetex(Context& context);
void set(Context& context);
bool set_overwrites(std::span<const std::string_view> arguments);
std::string_view set_key_flags(std::span<const std::string_view> arguments);
void setex(Context& context);
void setnx(Context& context);
void setrange(Context& context);

// string_count.cpp
void decr(Context& context);
void decrby(Context& context);
void incr(Context& context);
void incrby(Context& context);
void incrbyfloat(Context& context);

// string_lcs.cpp
void lcs(Context& context);

}  // namespace commands
}  // namespace terrace
