// The handlers of the bitmap commands, for the rows in bitmap_table.cpp.
#pragma once

#include <span>
#include <string_view>

namespace terrace {

class Context;

namespace commands {

// bitmap_read.cpp
void bitcount(Context& context);
void bitpos(Context& context);
void getbit(Context& context);

// bitmap_write.cpp
void bitop(Context& context);
void setbit(Context& context);

// bit_field.cpp
void bitfield(Context& context);
std::string_view bitfield_key_flags(std::span<const std::string_view> arguments);
void bitfield_ro(Context& context);

}  // namespace commands
}  // namespace terrace
