// Interpreter: one Lua world: LuaJIT without its compiler, in a sandbox. Scripts and functions have one each.
//
// Invariants:
// - What a script can reach of the world's globals, libraries and metatables it cannot change (sandbox.h).
// - Only text is compiled, never bytecode.
// - At most one call runs; it may be suspended in a command or in the hook (ScriptRun).
// Ownership: owns the lua_State. Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>
#include <vector>

#include "src/execution/script_run.h"
#include "src/runtime/logger.h"
#include "src/scripting/drand48.h"
#include "src/scripting/lua_heap.h"

namespace terrace {

class FunctionRegistry;

class Interpreter {
 public:
  // Makes the world: leaves its table of globals on the stack.
  using Open = void (*)(lua_State* state);

  Interpreter(storage::Ledger& ledger, Logger& logger, io::Clock& clock, Open open);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  static Interpreter& of(lua_State* state) {
    void* self = nullptr;
    lua_getallocf(state, &self);
    return *static_cast<Interpreter*>(self);
  }

  lua_State* state() { return state_; }
  std::size_t heap_bytes() const { return heap_.bytes(); }

  // Runs what uses the stack of Lua: each such use may need memory. False: there was none, and nothing is left behind.
  template <typename Body>
  bool run_protected(const Body& body) {
    const Protected erased{[](const void* of_body) { (*static_cast<const Body*>(of_body))(); }, &body};
    return run_erased(erased);
  }
  // A value is kept from one such run to the next: takes it from the stack, pushes it.
  void keep_value();
  void push_kept();

  // Compiles a text. Returns a reference to the function (for unreference()), or the error.
  Result<int> compile(std::string_view text, const char* chunk_name);
  void unreference(int function) { luaL_unref(state_, LUA_REGISTRYINDEX, function); }

  // A value in the world of globals, which scripts see but cannot change: takes it from the stack.
  void set_global(const char* name);

  // Calls the function below `argument_count` arguments. True: its result is on the stack; false: the error (a table
  // with "err", "source" and "line", or nil). `run`: what its commands run in; nullptr: it may call none.
  bool call(ScriptRun* run, int argument_count);
  // For errors in what is called next (describe_error): its text and its name.
  void set_text(std::string_view text, const char* chunk_name) {
    text_ = text;
    chunk_name_ = chunk_name;
  }
  const char* chunk_name() const { return chunk_name_; }
  // The line of the last `return` in the text.
  int last_return_line() const;

  // Runs the compiled text of a library: it may register functions and call no commands.
  Result<void> run_library(int chunk, FunctionRegistry& registry, std::int64_t most_ms);
  FunctionRegistry* registry() { return registry_; }

  // Is there stack for a further call from Lua to C to Lua? Lua bounds such calls only by the slots that they use.
  bool has_stack() const { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) > stack_end_; }

  // --- for the functions of the library `redis`
  ScriptRun* run() { return run_; }
  Logger& logger() { return logger_; }
  io::Clock& clock() { return clock_; }
  std::vector<std::string_view>& arguments() { return arguments_; }  // of the command that is called; reused
  Drand48& random() { return random_; }
  void note_collector_changed() { collector_changed_ = true; }

 private:
  struct Protected {
    void (*run)(const void*);
    const void* body;
  };

  bool run_erased(const Protected& erased);
  static int enter_protected(lua_State* state);
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t size);
  static void count_hook(lua_State* state, lua_Debug* activation);
  void end_call();

  LuaHeap heap_;
  Logger& logger_;
  io::Clock& clock_;
  lua_State* state_ = nullptr;
  int protector_ = 0;  // a reference of enter_protected
  int globals_ = 0;    // the table of globals behind the read-only one
  ScriptRun* run_ = nullptr;
  FunctionRegistry* registry_ = nullptr;  // while a library is loaded
  std::string_view text_;
  const char* chunk_name_ = "=?";
  std::int64_t deadline_us_ = 0;
  std::uintptr_t stack_end_ = 0;  // behind it is what commands and the libraries need
  bool ends_ = false;             // the script was killed: each instruction is an error
  bool collector_changed_ = false;
  std::vector<std::string_view> arguments_;
  Drand48 random_;
};

}  // namespace terrace
