// FunctionRegistry: where redis.register_function() puts what a library has, while its text runs.
// Ownership: borrowed by the interpreter during that. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace terrace {

class FunctionRegistry {
 public:
  // `reference`: of the Lua function; taken over. Returns the error, or "".
  virtual std::string add(std::string_view name, std::string_view description, std::uint8_t flags, int reference) = 0;

 protected:
  ~FunctionRegistry() = default;
};

}  // namespace terrace
