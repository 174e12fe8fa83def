// Scripts: Lua that is drawn from the input, mostly calls of the libraries with odd arguments, some of it any text. Each
// script is answered with a whole reply, and the next one sees nothing of it.
#include <fuzzer/FuzzedDataProvider.h>

#include "tests/fuzz/server_core.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {
namespace {

constexpr const char* kFunctions[] = {"cjson.encode",
                                      "cjson.decode",
                                      "cjson.encode_max_depth",
                                      "cjson.decode_max_depth",
                                      "cjson.encode_sparse_array",
                                      "cjson.encode_number_precision",
                                      "cjson.encode_keep_buffer",
                                      "cjson.decode_invalid_numbers",
                                      "cjson.encode_invalid_numbers",
                                      "cmsgpack.pack",
                                      "cmsgpack.unpack",
                                      "cmsgpack.unpack_one",
                                      "cmsgpack.unpack_limit",
                                      "struct.pack",
                                      "struct.unpack",
                                      "struct.size",
                                      "bit.tobit",
                                      "bit.tohex",
                                      "bit.bnot",
                                      "bit.band",
                                      "bit.bor",
                                      "bit.bxor",
                                      "bit.lshift",
                                      "bit.rshift",
                                      "bit.arshift",
                                      "bit.rol",
                                      "bit.ror",
                                      "bit.bswap",
                                      "string.format",
                                      "string.rep",
                                      "string.sub",
                                      "string.find",
                                      "string.match",
                                      "string.gsub",
                                      "string.gmatch",
                                      "string.byte",
                                      "string.char",
                                      "string.len",
                                      "string.reverse",
                                      "string.upper",
                                      "string.dump",
                                      "table.concat",
                                      "table.insert",
                                      "table.remove",
                                      "table.sort",
                                      "table.maxn",
                                      "tonumber",
                                      "tostring",
                                      "unpack",
                                      "select",
                                      "setmetatable",
                                      "getmetatable",
                                      "rawget",
                                      "rawset",
                                      "rawequal",
                                      "next",
                                      "pairs",
                                      "ipairs",
                                      "type",
                                      "load",
                                      "loadstring",
                                      "error",
                                      "assert",
                                      "pcall",
                                      "xpcall",
                                      "collectgarbage",
                                      "coroutine.create",
                                      "coroutine.resume",
                                      "coroutine.wrap",
                                      "coroutine.status",
                                      "coroutine.yield",
                                      "math.floor",
                                      "math.fmod",
                                      "math.random",
                                      "math.randomseed",
                                      "math.max",
                                      "math.frexp",
                                      "os.clock",
                                      "redis.call",
                                      "redis.pcall",
                                      "redis.sha1hex",
                                      "redis.status_reply",
                                      "redis.error_reply",
                                      "redis.setresp",
                                      "redis.set_repl",
                                      "redis.log",
                                      "redis.acl_check_cmd",
                                      "redis.replicate_commands",
                                      "redis.breakpoint",
                                      "redis.debug"};
constexpr const char* kCommands[] = {
    "'set'",    "'get'",  "'incr'",     "'lpush'",    "'lrange'",   "'hset'",   "'hgetall'", "'zadd'",
    "'zrange'", "'sadd'", "'smembers'", "'xadd'",     "'xrange'",   "'expire'", "'del'",     "'keys'",
    "'scan'",   "'sort'", "'restore'",  "'dump'",     "'eval'",     "'select'", "'publish'", "'flushall'",
    "'object'", "'mget'", "'getrange'", "'setrange'", "'bitfield'", "'hello'",  "'blpop'"};
constexpr const char* kLiterals[] = {"nil",
                                     "true",
                                     "false",
                                     "0",
                                     "-1",
                                     "1",
                                     "2",
                                     "3.5",
                                     "0/0",
                                     "1/0",
                                     "-1/0",
                                     "2^31",
                                     "2^53",
                                     "-2^63",
                                     "1e308",
                                     "''",
                                     "'a'",
                                     "'*'",
                                     "'%s%d%q'",
                                     "'>I4s8'",
                                     "'[1,{\"a\":null}]'",
                                     "'\\0\\255'",
                                     "string.rep('[', 2000)",
                                     "string.rep('x', 70000)",
                                     "redis",
                                     "cjson",
                                     "cjson.null",
                                     "string",
                                     "_G",
                                     "KEYS",
                                     "ARGV",
                                     "function(...) return ... end",
                                     "function() error({err='E x'}) end",
                                     "function() while true do end end",
                                     "{}",
                                     "{err='x y'}",
                                     "{ok='x'}",
                                     "{double=1.5}",
                                     "{map={a=1}}",
                                     "{set={a=true}}",
                                     "{big_number='1'}",
                                     "{verbatim_string={string='a',format='txt'}}",
                                     "setmetatable({}, {__index=function() error('x') end})",
                                     "setmetatable({}, {__tostring=1, __len=2, __call=3})"};

class Writer {
 public:
  explicit Writer(FuzzedDataProvider& input) : input_(input) {}

  std::string script() {
    std::string text = "local v = {}\n";
    for (unsigned left = input_.ConsumeIntegralInRange<unsigned>(1, 12); left > 0; --left) text += statement();
    return text + (input_.ConsumeBool() ? "return v" : "return " + expression(0));
  }

 private:
  template <std::size_t kCount>
  std::string one_of(const char* const (&choices)[kCount]) {
    return choices[input_.ConsumeIntegralInRange<std::size_t>(0, kCount - 1)];
  }
  std::string statement() {
    const std::string place = "v[" + std::to_string(input_.ConsumeIntegralInRange<unsigned>(1, 6)) + "]";
    switch (input_.ConsumeIntegralInRange<unsigned>(0, 9)) {
      case 0:
        return place + " = " + expression(0) + "\n";
      case 1:
        return "pcall(function() " + one_of(kFunctions) + " = " + expression(1) + " end)\n";
      case 2:
        return "pcall(function() v[" + expression(1) + "] = " + expression(1) + " end)\n";
      case 3:
        return "for i = 1, " + std::to_string(input_.ConsumeIntegralInRange<unsigned>(1, 300)) + " do " + place +
               " = {" + place + "} end\n";
      case 4:
        return "_, " + place + " = pcall(redis." + (input_.ConsumeBool() ? "call, " : "pcall, ") + one_of(kCommands) +
               arguments(", ", 4) + ")\n";
      default:
        return "_, " + place + " = pcall(" + one_of(kFunctions) + arguments(", ", 4) + ")\n";
    }
  }
  std::string arguments(const char* before, unsigned most) {
    std::string text;
    for (unsigned left = input_.ConsumeIntegralInRange<unsigned>(0, most); left > 0; --left)
      text += before + expression(1);
    return text;
  }
  std::string expression(unsigned depth) {
    switch (input_.ConsumeIntegralInRange<unsigned>(0, depth > 3 ? 2 : 6)) {
      case 0:
        return "v[" + std::to_string(input_.ConsumeIntegralInRange<unsigned>(1, 6)) + "]";
      case 1:
        return quoted(input_.ConsumeRandomLengthString(24));
      case 3:
        return "{" + expression(depth + 1) + ", " + expression(depth + 1) + ", [" +
               quoted(input_.ConsumeRandomLengthString(4)) + "] = " + expression(depth + 1) + "}";
      case 4:
        return "{" + expression(depth + 1) + ", [" + std::to_string(input_.ConsumeIntegral<std::uint16_t>()) +
               "] = " + expression(depth + 1) + "}";
      case 5:
        return "select(2, pcall(" + one_of(kFunctions) + arguments(", ", 3) + "))";
      default:
        return one_of(kLiterals);
    }
  }
  static std::string quoted(const std::string& bytes) {
    std::string text = "'";
    for (const char c : bytes) text += "\\" + std::to_string(static_cast<unsigned char>(c) + 1000).substr(1);
    return text + "'";
  }

  FuzzedDataProvider& input_;
};

std::string request(const std::string& script) {
  return "*5\r\n$4\r\nEVAL\r\n$" + std::to_string(script.size()) + "\r\n" + script +
         "\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n";
}

// What a script finds of the world.
constexpr const char* kProbe =
    "local seen = {} "
    "local function names(t) local r = {} for k, w in pairs(t) do r[#r + 1] = tostring(k) .. ':' .. type(w) end "
    "table.sort(r) return table.concat(r, ' ') end "
    "for _, t in ipairs({_G, redis, string, table, math, cjson, cmsgpack, struct, bit, coroutine, os}) do seen[#seen + "
    "1] = names(t) end "
    "seen[#seen + 1] = tostring(getmetatable('').__index == string) seen[#seen + 1] = cjson.encode({1, {a = 'b'}, "
    "0.1}) seen[#seen + 1] = #KEYS .. #ARGV "
    "return redis.sha1hex(table.concat(seen, '|'))";

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  ServerCore core;
  if (input.ConsumeBool()) core.hear(0, "HELLO 3\r\n");
  core.take_told(0);
  core.hear(1, request(kProbe));
  const std::string world = core.take_told(1);
  FUZZ_REQUIRE(world.size() == 47, world);
  for (unsigned left = input.ConsumeIntegralInRange<unsigned>(1, 3); left > 0; --left) {
    const bool any_text = input.ConsumeIntegralInRange<unsigned>(0, 7) == 0;
    const std::string script = any_text ? input.ConsumeRandomLengthString(512) : Writer(input).script();
    const bool in_transaction = input.ConsumeIntegralInRange<unsigned>(0, 7) == 0;
    core.hear(0, in_transaction ? "MULTI\r\n" + request(script) + "EXEC\r\n" : request(script));
    const std::string told = core.take_told(0);
    FUZZ_REQUIRE(!told.empty(), script);
    core.hear(1, request(kProbe));
    const std::string after = core.take_told(1);
    FUZZ_REQUIRE(after == world, "the world has changed: " + after + "\n" + script);
  }
}

std::vector<std::string> seeds() {
  return {std::string(64, '\0'), std::string(200, 'a'), "return cjson.decode('[1,2]')\\ \x07\x07\x07"};
}

std::vector<std::string> words() {
  std::vector<std::string> words;
  for (const char* function : kFunctions) words.emplace_back(function);
  for (const char* literal : kLiterals) words.emplace_back(literal);
  return words;
}

}  // namespace terrace::fuzz
