#include "tests/simulation/clients/request_generator.h"

#include <vector>

#include "tests/simulation/clients/script_request.h"

namespace terrace::simulation {

namespace {

constexpr char kTypes[] = {'s', 'n', 'l', 'h', 't', 'z'};  // strings, numbers, lists, hashes, sets, sorted sets

}  // namespace

std::string RequestGenerator::key(char type) {
  if (random_.chance(profile_.stray_chance)) type = kTypes[random_.below(std::size(kTypes))];
  return type + number();
}

std::string RequestGenerator::any_key() {
  return kTypes[random_.below(std::size(kTypes))] + number();
}

// Each another one, half of it easy to compress.
std::string RequestGenerator::value() {
  std::string text = "v" + std::to_string(++values_) + ":";
  const std::uint64_t size = random_.skewed(profile_.largest_value);
  while (text.size() < size) text += random_.coin() ? "terrace " : std::to_string(random_.next());
  return text;
}

std::string RequestGenerator::time_ms() {
  return std::to_string(random_.skewed(random_.coin() ? 50 : 5000));
}

std::string RequestGenerator::timeout() {
  if (random_.below(4) == 0) return "0";
  return "0." + std::to_string(random_.between(1, 9)) + std::to_string(random_.below(10));
}

Arguments RequestGenerator::draw() {
  return random_.chance(profile_.script_share) ? draw_script() : draw_command();
}

Arguments RequestGenerator::draw_script() {
  std::vector<Arguments> commands;
  for (std::uint64_t left = random_.between(1, profile_.commands_at_once); left > 0; --left) {
    commands.push_back(draw_command());
  }
  // Reads the names of cold keys, so that the script is suspended between changes.
  if (random_.below(4) == 0) {
    const auto place = static_cast<std::ptrdiff_t>(random_.below(commands.size() + 1));
    commands.insert(commands.begin() + place, Arguments{"keys", "*"});
  }
  std::vector<std::string> declared;
  while (random_.coin()) declared.push_back(any_key());
  return script_request(declared, commands);
}

Arguments RequestGenerator::draw_command() {
  if (random_.chance(profile_.sweep_chance)) return draw_sweep();
  if (random_.chance(profile_.expiry_share)) return {"pexpire", any_key(), time_ms()};
  switch (random_.below(16)) {
    case 0:
    case 1:
    case 2:
      return draw_string();
    case 3:
    case 4:
    case 5:
      return draw_counter();
    case 6:
    case 7:
      return draw_list();
    case 8:
    case 9:
      return draw_hash();
    case 10:
    case 11:
      return draw_set();
    case 12:
    case 13:
      return draw_sorted_set();
    default:
      return draw_key();
  }
}

Arguments RequestGenerator::draw_string() {
  const std::string name = key('s');
  switch (random_.below(14)) {
    case 0:
      return {"set", name, value(), "PX", time_ms()};
    case 1:
      return {"set", name, value(), "NX"};
    case 2:
      return {"set", name, value(), "XX", "KEEPTTL"};
    case 3:
      return {"set", name, value(), "GET"};
    case 4:
      return {"append", name, value()};
    case 5:
      return {"setrange", name, std::to_string(random_.below(64)), "xy"};
    case 6:
      return {"getrange", name, small_number(), small_number()};
    case 7:
      return random_.coin() ? Arguments{"getdel", name} : Arguments{"getset", name, value()};
    case 8:
      return {"mset", name, value(), key('s'), value()};
    case 9:
      return {"mget", name, key('s'), key('n')};
    case 10:
      return {random_.coin() ? "setnx" : "msetnx", name, value()};
    case 11:
      return random_.coin() ? Arguments{"getex", name, "PX", time_ms()} : Arguments{"getex", name, "PERSIST"};
    case 12:
      return {"set", name, value()};
    default:
      return {random_.below(4) == 0 ? "strlen" : "get", name};
  }
}

Arguments RequestGenerator::draw_counter() {
  const std::string name = key('n');
  switch (random_.below(4)) {
    case 0:
      return {"incrby", name, small_number()};
    case 1:
      return {"get", name};
    default:
      return {random_.below(4) == 0 ? "decr" : "incr", name};
  }
}

Arguments RequestGenerator::draw_list() {
  const std::string name = key('l');
  switch (random_.below(12)) {
    case 0:
      return {random_.coin() ? "lpop" : "rpop", name};
    case 1:
      return {"lpop", name, std::to_string(random_.below(4))};
    case 2:
      return {"lrange", name, "0", "-1"};
    case 3:
      return {"lindex", name, small_number()};
    case 4:
      return {"lset", name, small_number(), value()};
    case 5:
      return {"ltrim", name, "0", std::to_string(random_.between(2, 12))};
    case 6:
      return {"lmove", name, key('l'), random_.coin() ? "LEFT" : "RIGHT", random_.coin() ? "LEFT" : "RIGHT"};
    case 7:
      return {"lpushx", name, value()};
    case 8:
      return {"llen", name};
    default:
      return draw_push();
  }
}

Arguments RequestGenerator::draw_hash() {
  const std::string name = key('h');
  switch (random_.below(7)) {
    case 0:
      return {"hget", name, element()};
    case 1:
      return {"hdel", name, element(), element()};
    case 2:
      return {"hincrby", name, "count", small_number()};
    case 3:
      return {"hgetall", name};
    case 4:
      return {"hlen", name};
    default:
      return {"hset", name, element(), value(), element(), value()};
  }
}

Arguments RequestGenerator::draw_set() {
  const std::string name = key('t');
  switch (random_.below(10)) {
    case 0:
      return {"srem", name, element()};
    case 1:
      return {"smembers", name};
    case 2:
      return {"scard", name};
    case 3:
      return {"sismember", name, element()};
    case 4:
      return {"spop", name};
    case 5:
      return {"smove", name, key('t'), element()};
    case 6:
      return {"sunionstore", name, key('t'), key('t')};
    case 7:
      return {"sinter", name, key('t')};
    default:
      return {"sadd", name, element(), element(), value()};
  }
}

Arguments RequestGenerator::draw_sorted_set() {
  const std::string name = key('z');
  switch (random_.below(8)) {
    case 0:
      return {"zincrby", name, small_number(), element()};
    case 1:
      return {"zrem", name, element()};
    case 2:
      return {"zscore", name, element()};
    case 3:
      return {"zrange", name, "0", "-1", "WITHSCORES"};
    case 4:
      return {"zpopmin", name};
    case 5:
      return {"zcard", name};
    default:
      return {"zadd", name, small_number(), element(), small_number(), element()};
  }
}

Arguments RequestGenerator::draw_key() {
  const std::string name = any_key();
  switch (random_.below(16)) {
    case 0:
      return {random_.coin() ? "rename" : "renamenx", name, name.substr(0, 1) + number()};
    case 1: {
      Arguments copy{"copy", name, name.substr(0, 1) + number(), "DB", std::to_string(database())};
      if (random_.coin()) copy.emplace_back("REPLACE");
      return copy;
    }
    case 2:
      return {"move", name, std::to_string(database())};
    case 3:
      return {"persist", name};
    case 4:
      return {"pttl", name};
    case 5:
      return {"pexpiretime", name};
    case 6:
      return {"type", name};
    case 7:
      return {"expire", name, std::to_string(static_cast<std::int64_t>(random_.below(4)) - 1)};
    case 8:
      return {"pexpire", name, time_ms(), random_.coin() ? "NX" : "GT"};
    case 9:
      return {"dbsize"};
    case 10:
      return {"keys", "*"};
    case 11:
      return {"ping"};
    case 12:
      return {"select", std::to_string(database())};
    case 13:
      return {"exists", name, any_key()};
    default:
      return {random_.coin() ? "del" : "unlink", name, any_key()};
  }
}

// Not of the bank's database.
Arguments RequestGenerator::draw_sweep() {
  const unsigned first = database();
  const unsigned second = database();
  if (first != second) return {"swapdb", std::to_string(first), std::to_string(second)};
  return {random_.below(4) == 0 ? "flushall" : "flushdb"};
}

// --- waiting for keys

Arguments RequestGenerator::draw_waiting() {
  switch (random_.below(4)) {
    case 0:
    case 1:  // often: it may have to read its other key before it is served
      return {"blmove", key('l'), key('l'), "LEFT", "RIGHT", timeout()};
    case 2:
      return {"bzpopmin", key('z'), key('z'), timeout()};
    default:
      return {random_.coin() ? "blpop" : "brpop", key('l'), key('l'), timeout()};
  }
}

Arguments RequestGenerator::draw_push() {
  if (random_.below(8) == 0) return {"zadd", key('z'), small_number(), element()};
  return {random_.coin() ? "lpush" : "rpush", key('l'), value(), value()};
}

}  // namespace terrace::simulation
