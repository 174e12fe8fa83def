// decode_json: JSON as Lua values, with the errors of cjson.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>

namespace terrace {

// What scripts may set; an upvalue of all functions.
struct JsonSettings {
  // A deeper value would need more stack than there is.
  static constexpr int kMostDepth = 1000;

  bool converts_sparse = false;  // to objects; otherwise they are an error
  int sparse_ratio = 2;
  int sparse_safe = 10;
  int encode_depth = 1000;
  int decode_depth = 1000;
  int precision = 14;
  bool keeps_buffer = true;
  int encodes_invalid = 0;  // 2: as null
  bool decodes_invalid = true;
};

// Pushes the one value of the text, which is a string of Lua: a NUL follows it.
void decode_json(lua_State* state, const JsonSettings& settings, std::string_view text);

}  // namespace terrace
