// The handlers of the key commands, for the rows in key_table.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "io/task.h"

namespace terrace {

class Context;

namespace commands {

// OBJECT FREQ and RESTORE: one touch gives the access counter that a new key has in Redis.
inline constexpr std::int64_t kFrequencyPerTouch = 5;

// key_lookup.cpp
void del(Context& context);
void exists(Context& context);
void randomkey(Context& context);
void touch(Context& context);
void type(Context& context);

// key_copy.cpp
void copy(Context& context);
// The database of the destination, if the arguments name one (Command::target_database).
std::optional<unsigned> copy_database(std::span<const std::string_view> arguments);
std::optional<unsigned> move_database(std::span<const std::string_view> arguments);
void move(Context& context);
void rename(Context& context);
void renamenx(Context& context);

// key_dump.cpp
void dump(Context& context);
void restore(Context& context);

// key_object.cpp
void object_encoding(Context& context);
void object_freq(Context& context);
void object_help(Context& context);
void object_idletime(Context& context);
void object_refcount(Context& context);

// expire.cpp
void expire(Context& context);
void expireat(Context& context);
void expiretime(Context& context);
void persist(Context& context);
void pexpire(Context& context);
void pexpireat(Context& context);
void pexpiretime(Context& context);
void pttl(Context& context);
void ttl(Context& context);

// scan.cpp
void scan(Context& context);

// keys.cpp
io::Task<void> keys(Context& context);

}  // namespace commands
}  // namespace terrace
