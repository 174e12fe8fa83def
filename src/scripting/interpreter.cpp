#include "src/scripting/interpreter.h"

#include <algorithm>

#include "io/fiber.h"

namespace terrace {
namespace {

// Instructions between two looks at the clock: some 20 µs.
constexpr int kHookPeriod = 4096;

// Where an error was raised: in the function that runs or, if that is none of the script, in the one that called it. A
// function that was called last in a `return` has taken the place of its caller: then only the text tells.
struct Place {
  explicit Place(lua_State* L) {
    lua_Debug activation;
    for (int level = 1; level <= 2 && !known; ++level) {
      if (!lua_getstack(L, level, &activation) || !lua_getinfo(L, "Sl", &activation)) break;
      known = activation.currentline > 0;
      source = activation.source;
      line = activation.currentline;
    }
    if (known) return;
    source = Interpreter::of(L).chunk_name();
    line = Interpreter::of(L).last_return_line();
  }

  bool known = false;
  const char* source = nullptr;
  int line = 0;
};

// Makes a table of the error: {err, source, line}.
int describe_error(lua_State* L) {
  const Place place(L);
  if (!lua_istable(L, 1)) {
    const char* text = lua_tostring(L, 1);
    if (place.known || text == nullptr) {
      lua_pushfstring(L, "ERR %s", text != nullptr ? text : luaL_typename(L, 1));
    } else {
      lua_pushfstring(L, "ERR %s:%d: %s", place.source + 1, place.line, text);
    }
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_setfield(L, -2, "err");
    lua_replace(L, 1);
  }
  lua_settop(L, 1);
  if (lua_getmetatable(L, 1)) {
    lua_settop(L, 1);
    return 1;
  }
  lua_pushstring(L, place.source);
  lua_setfield(L, 1, "source");
  lua_pushinteger(L, place.line);
  lua_setfield(L, 1, "line");
  return 1;
}

constexpr char kErrorHandler = 0;
constexpr char kKept = 0;

}  // namespace

void* Interpreter::allocate(void* self, void* block, std::size_t old_size, std::size_t size) {
  return static_cast<Interpreter*>(self)->heap_.resize(block, old_size, size);
}

Interpreter::Interpreter(storage::Ledger& ledger, Logger& logger, io::Clock& clock, Open open)
    : heap_(ledger), logger_(logger), clock_(clock), state_(lua_newstate(allocate, this)) {
  TERRACE_CHECK(state_ != nullptr);
  lua_State* L = state_;
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
  open(L);
  globals_ = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushlightuserdata(L, const_cast<char*>(&kErrorHandler));
  lua_pushcfunction(L, describe_error);
  lua_rawset(L, LUA_REGISTRYINDEX);
  lua_pushcfunction(L, enter_protected);
  protector_ = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_settop(L, 0);
  lua_sethook(L, count_hook, LUA_MASKCOUNT, kHookPeriod);
}

Interpreter::~Interpreter() {
  lua_close(state_);
}

int Interpreter::enter_protected(lua_State* state) {
  const auto& erased = *static_cast<const Protected*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  erased.run(erased.body);
  return 0;
}

bool Interpreter::run_erased(const Protected& erased) {
  lua_rawgeti(state_, LUA_REGISTRYINDEX, protector_);
  lua_pushlightuserdata(state_, const_cast<Protected*>(&erased));
  if (lua_pcall(state_, 1, 0, 0) == 0) return true;
  lua_settop(state_, 0);
  lua_gc(state_, LUA_GCCOLLECT, 0);
  return false;
}

void Interpreter::keep_value() {
  lua_pushlightuserdata(state_, const_cast<char*>(&kKept));
  lua_insert(state_, -2);
  lua_rawset(state_, LUA_REGISTRYINDEX);
}

void Interpreter::push_kept() {
  lua_pushlightuserdata(state_, const_cast<char*>(&kKept));
  lua_rawget(state_, LUA_REGISTRYINDEX);
}

Result<int> Interpreter::compile(std::string_view text, const char* chunk_name) {
  int function = LUA_NOREF;
  std::string error = "not enough memory";
  run_protected([&] {
    if (luaL_loadbufferx(state_, text.data(), text.size(), chunk_name, "t") == 0) {
      function = luaL_ref(state_, LUA_REGISTRYINDEX);
    } else if (const char* message = lua_tostring(state_, -1)) {
      error = message;
    }
  });
  if (function == LUA_NOREF) return Error{ErrorCode::kInvalid, error};
  return function;
}

void Interpreter::set_global(const char* name) {
  lua_rawgeti(state_, LUA_REGISTRYINDEX, globals_);
  lua_insert(state_, -2);
  lua_setfield(state_, -2, name);
  lua_pop(state_, 1);
}

bool Interpreter::call(ScriptRun* run, int argument_count) {
  lua_State* L = state_;
  run_ = run;
  constexpr std::uintptr_t kLeft = 512 << 10;
  stack_end_ = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - (io::FiberStacks::kStackBytes - kLeft);
  const int function = lua_gettop(L) - argument_count;
  lua_pushlightuserdata(L, const_cast<char*>(&kErrorHandler));
  lua_rawget(L, LUA_REGISTRYINDEX);
  lua_insert(L, function);
  const bool succeeded = lua_pcall(L, argument_count, 1, function) == 0;
  lua_remove(L, function);
  run_ = nullptr;
  end_call();
  return succeeded;
}

// What a script has changed of its surroundings ends with it.
void Interpreter::end_call() {
  if (ends_) lua_sethook(state_, count_hook, LUA_MASKCOUNT, kHookPeriod);
  ends_ = false;
  if (collector_changed_) {
    lua_gc(state_, LUA_GCRESTART, 0);
    lua_gc(state_, LUA_GCSETPAUSE, 200);
    lua_gc(state_, LUA_GCSETSTEPMUL, 200);
    collector_changed_ = false;
  }
  if (heap_.is_crowded()) lua_gc(state_, LUA_GCCOLLECT, 0);
}

int Interpreter::last_return_line() const {
  const std::size_t at = std::min(text_.rfind("return"), text_.size());
  return 1 + static_cast<int>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

Result<void> Interpreter::run_library(int chunk, FunctionRegistry& registry, std::int64_t most_ms) {
  deadline_us_ = clock_.monotonic_us() + most_ms * 1000;
  registry_ = &registry;
  bool succeeded = false;
  std::string message = "ERR not enough memory";
  run_protected([&] {
    lua_rawgeti(state_, LUA_REGISTRYINDEX, chunk);
    succeeded = call(nullptr, 0);
    if (succeeded || !lua_istable(state_, -1)) return;
    lua_getfield(state_, -1, "err");
    if (const char* text = lua_tostring(state_, -1)) message = text;
  });
  registry_ = nullptr;
  if (!succeeded) return Error{ErrorCode::kInvalid, message};
  return {};
}

// Every further instruction raises the error, so that a script cannot catch it for good.
void Interpreter::count_hook(lua_State* L, lua_Debug*) {
  Interpreter& self = of(L);
  const char* error = nullptr;
  if (self.run_ != nullptr) {
    const bool is_function = self.run_->rules.is_function;
    if (self.ends_ || !self.run_->give_way()) {
      error = is_function ? "Script killed by user with FUNCTION KILL." : "Script killed by user with SCRIPT KILL.";
    }
  } else if (self.ends_ || self.clock_.monotonic_us() > self.deadline_us_) {
    error = "FUNCTION LOAD timeout";
  }
  if (error == nullptr) return;
  if (!self.ends_) {
    self.ends_ = true;
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
  }
  luaL_error(L, "%s", error);
}

}  // namespace terrace
