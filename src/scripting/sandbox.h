// The sandbox: the globals that scripts see. Lua has no tables that cannot be written: a protected table is an empty one
// in its place, whose metatable reads from the real one and refuses writes. The functions that could write past a
// metatable (rawset, table.insert, …) are replaced.
// Ownership: no state. Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>

namespace terrace::sandbox {

// Opens the libraries that scripts may use, and leaves the table of globals on the stack. The world's globals are
// protected by it.
void open(lua_State* state);
// Replaces the table on the stack by a protected one.
void protect(lua_State* state);
// Raises {err = "ERR text"}, as the functions of Redis do.
int raise(lua_State* state, std::string_view text);
// The field by which the error of a call tells that it has been counted; scripts see it in Redis, too.
inline constexpr const char* kCounted = "ignore_error_stats_update";
// Pushes {err = "..."} for an error with or without a code.
void push_error(lua_State* state, std::string_view text);

}  // namespace terrace::sandbox
