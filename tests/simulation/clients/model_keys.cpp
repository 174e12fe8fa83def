// The model's commands on keys of any type and on databases, and the table of all.
#include <algorithm>
#include <map>

#include "tests/simulation/clients/model_commands.h"
#include "tests/simulation/clients/script_request.h"

namespace terrace::simulation {

namespace {

using Type = DataValue::Type;

ReplyValue del(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  std::size_t removed = 0;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (unit.find(arguments[i]) == nullptr) continue;
    unit.remove(arguments[i]);
    ++removed;
  }
  return ReplyValue::number(removed);
}

ReplyValue exists(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  std::size_t there = 0;
  for (std::size_t i = 1; i < arguments.size(); ++i) there += unit.find(arguments[i]) != nullptr;
  return ReplyValue::number(there);
}

ReplyValue type(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  constexpr const char* kNames[] = {"string", "list", "hash", "set", "zset"};
  const DataPointer value = unit.find(arguments[1]);
  return ReplyValue::simple(value == nullptr ? "none" : kNames[static_cast<unsigned>(value->type)]);
}

ReplyValue set_expiry(ModelUnit& unit, const Arguments& arguments, std::int64_t expiry_ms) {
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr) return ReplyValue::number(std::int64_t{0});
  const std::string option = arguments.size() > 3 ? arguments[3] : "";
  const bool has = value->expiry_ms != DataValue::kNoExpiry;
  if ((option == "NX" && has) || (option == "XX" && !has) ||
      (option == "GT" && (!has || expiry_ms <= value->expiry_ms)) ||
      (option == "LT" && has && expiry_ms >= value->expiry_ms)) {
    return ReplyValue::number(std::int64_t{0});
  }
  if (expiry_ms <= unit.now_ms()) {
    unit.remove(arguments[1]);
  } else {
    DataValue changed = *value;
    changed.expiry_ms = expiry_ms;
    unit.put(arguments[1], std::move(changed));
  }
  return ReplyValue::number(std::int64_t{1});
}
ReplyValue expire(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return set_expiry(unit, arguments, unit.now_ms() + 1000 * number_of(arguments, 2));
}
ReplyValue pexpire(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return set_expiry(unit, arguments, unit.now_ms() + number_of(arguments, 2));
}

ReplyValue persist(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr || value->expiry_ms == DataValue::kNoExpiry) return ReplyValue::number(std::int64_t{0});
  DataValue changed = *value;
  changed.expiry_ms = DataValue::kNoExpiry;
  unit.put(arguments[1], std::move(changed));
  return ReplyValue::number(std::int64_t{1});
}

ReplyValue time_left(ModelUnit& unit, const Arguments& arguments, std::int64_t now_ms) {
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr) return ReplyValue::number(std::int64_t{-2});
  return ReplyValue::number(value->expiry_ms == DataValue::kNoExpiry ? std::int64_t{-1} : value->expiry_ms - now_ms);
}
ReplyValue pttl(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return time_left(unit, arguments, unit.now_ms());
}
ReplyValue pexpiretime(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return time_left(unit, arguments, 0);
}

ReplyValue rename(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr) return ReplyValue::error("ERR");
  if (arguments[1] == arguments[2]) return ReplyValue::ok();
  unit.remove(arguments[1]);
  unit.put(arguments[2], *value);
  return ReplyValue::ok();
}

ReplyValue renamenx(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  if (unit.find(arguments[1]) == nullptr) return ReplyValue::error("ERR");
  if (unit.find(arguments[2]) != nullptr) return ReplyValue::number(std::int64_t{0});
  rename(unit, arguments, actual);
  return ReplyValue::number(std::int64_t{1});
}

// COPY source destination DB number [REPLACE]
ReplyValue copy(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto database = static_cast<unsigned>(number_of(arguments, 4));
  const bool replace = arguments.size() > 5;
  if (database == unit.database() && arguments[1] == arguments[2]) return ReplyValue::error("ERR");
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr) return ReplyValue::number(std::int64_t{0});
  if (unit.find_in(database, arguments[2]) != nullptr && !replace) return ReplyValue::number(std::int64_t{0});
  unit.put_in(database, arguments[2], *value);
  return ReplyValue::number(std::int64_t{1});
}

ReplyValue move(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto database = static_cast<unsigned>(number_of(arguments, 2));
  if (database == unit.database()) return ReplyValue::error("ERR");
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr || unit.find_in(database, arguments[1]) != nullptr) return ReplyValue::number(std::int64_t{0});
  unit.remove(arguments[1]);
  unit.put_in(database, arguments[1], *value);
  return ReplyValue::number(std::int64_t{1});
}

// --- databases

void flush(ModelUnit& unit, unsigned database) {
  for (const std::string& name : unit.all_names(database)) unit.remove_in(database, name);
}
ReplyValue flushdb(ModelUnit& unit, const Arguments&, const ReplyValue&) {
  flush(unit, unit.database());
  return ReplyValue::ok();
}
ReplyValue flushall(ModelUnit& unit, const Arguments&, const ReplyValue&) {
  for (unsigned database = 0; database < unit.database_count(); ++database) flush(unit, database);
  return ReplyValue::ok();
}

ReplyValue swapdb(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  unit.swap(static_cast<unsigned>(number_of(arguments, 1)), static_cast<unsigned>(number_of(arguments, 2)));
  return ReplyValue::ok();
}

// Keys whose time has passed count until somebody removes them.
ReplyValue dbsize(ModelUnit& unit, const Arguments&, const ReplyValue& actual) {
  const std::size_t least = unit.all_names(unit.database()).size();
  const auto most = static_cast<std::int64_t>(unit.most_names(unit.database()));
  return ReplyValue::number(std::clamp(actual.integer, static_cast<std::int64_t>(least), most));
}

ReplyValue keys(ModelUnit& unit, const Arguments&, const ReplyValue&) {
  std::vector<ReplyValue> names;
  for (std::string& name : unit.all_names(unit.database())) names.push_back(ReplyValue::string(std::move(name)));
  return ReplyValue::array(std::move(names), ReplyValue::Order::kAny);
}

ReplyValue select(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  unit.select(static_cast<unsigned>(number_of(arguments, 1)));
  return ReplyValue::ok();
}

ReplyValue ping(ModelUnit&, const Arguments&, const ReplyValue&) {
  return ReplyValue::simple("PONG");
}

constexpr NamedModelCommand kKeyCommands[] = {
    {"copy", copy},         {"dbsize", dbsize},           {"del", del},       {"exists", exists}, {"expire", expire},
    {"flushall", flushall}, {"flushdb", flushdb},         {"keys", keys},     {"move", move},     {"persist", persist},
    {"pexpire", pexpire},   {"pexpiretime", pexpiretime}, {"ping", ping},     {"pttl", pttl},     {"rename", rename},
    {"renamenx", renamenx}, {"select", select},           {"swapdb", swapdb}, {"type", type},     {"unlink", del},
};

// The commands of a script, one after the other; its SELECT ends with it.
ReplyValue eval(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  const unsigned database = unit.database();
  std::vector<ReplyValue> replies;
  for (const Arguments& command : commands_of_script(arguments)) {
    const std::size_t at = replies.size();
    const ReplyValue told = at < actual.elements.size() ? actual.elements[at] : ReplyValue::null();
    replies.push_back(unit.execute(command, unit.now_ms(), told));
  }
  unit.select(database);
  return ReplyValue::array(std::move(replies));
}

std::map<std::string, ModelCommand> make_table() {
  std::map<std::string, ModelCommand> table;
  for (const auto commands :
       {model_string_commands(), model_list_commands(), model_collection_commands(), model_key_commands()}) {
    for (const NamedModelCommand& command : commands) table.emplace(command.name, command.run);
  }
  table.emplace("eval", eval);
  return table;
}

}  // namespace

std::span<const NamedModelCommand> model_key_commands() {
  return kKeyCommands;
}

ModelCommand find_model_command(const std::string& name) {
  static const std::map<std::string, ModelCommand> table = make_table();
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace terrace::simulation
