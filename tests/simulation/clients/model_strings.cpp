// The model's strings: SET and its kin, counters, ranges.
#include <algorithm>

#include "tests/simulation/clients/model_commands.h"

namespace terrace::simulation {

namespace {

using Type = DataValue::Type;

DataValue string_value(std::string bytes) {
  return {.type = Type::kString, .string = std::move(bytes)};
}

bool has_option(const Arguments& arguments, std::size_t from, const char* option) {
  return std::find(arguments.begin() + static_cast<std::ptrdiff_t>(from), arguments.end(), option) != arguments.end();
}

// Of EX or PX among the options.
std::optional<std::int64_t> expiry_option(const Arguments& arguments, std::size_t from, std::int64_t now_ms) {
  for (std::size_t i = from; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == "PX") return now_ms + number_of(arguments, i + 1);
    if (arguments[i] == "EX") return now_ms + 1000 * number_of(arguments, i + 1);
  }
  return std::nullopt;
}

ReplyValue set(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const std::string& name = arguments[1];
  const DataPointer old = unit.find(name);
  const bool get = has_option(arguments, 3, "GET");
  if (get && old != nullptr && old->type != Type::kString) return wrong_type();
  const ReplyValue former = old == nullptr ? ReplyValue::null() : ReplyValue::string(old->string);
  if ((has_option(arguments, 3, "NX") && old != nullptr) || (has_option(arguments, 3, "XX") && old == nullptr)) {
    return get ? former : ReplyValue::null();
  }
  DataValue value = string_value(arguments[2]);
  if (const auto expiry_ms = expiry_option(arguments, 3, unit.now_ms())) value.expiry_ms = *expiry_ms;
  if (has_option(arguments, 3, "KEEPTTL") && old != nullptr) value.expiry_ms = old->expiry_ms;
  unit.put(name, std::move(value));
  return get ? former : ReplyValue::ok();
}

ReplyValue setnx(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  if (unit.find(arguments[1]) != nullptr) return ReplyValue::number(std::int64_t{0});
  unit.put(arguments[1], string_value(arguments[2]));
  return ReplyValue::number(std::int64_t{1});
}

ReplyValue get(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const DataPointer value = unit.find(arguments[1]);
  if (value == nullptr) return ReplyValue::null();
  if (value->type != Type::kString) return wrong_type();
  return ReplyValue::string(value->string);
}

ReplyValue getset(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  ReplyValue former = get(unit, arguments, actual);
  if (former.kind != ReplyValue::Kind::kError) unit.put(arguments[1], string_value(arguments[2]));
  return former;
}

ReplyValue getdel(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  ReplyValue former = get(unit, arguments, actual);
  if (former.kind == ReplyValue::Kind::kString) unit.remove(arguments[1]);
  return former;
}

ReplyValue getex(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  ReplyValue value = get(unit, arguments, actual);
  if (value.kind != ReplyValue::Kind::kString) return value;
  DataValue changed = *unit.find(arguments[1]);
  if (const auto expiry_ms = expiry_option(arguments, 2, unit.now_ms())) {
    changed.expiry_ms = *expiry_ms;
    unit.put(arguments[1], std::move(changed));
  } else if (has_option(arguments, 2, "PERSIST") && changed.expiry_ms != DataValue::kNoExpiry) {
    changed.expiry_ms = DataValue::kNoExpiry;
    unit.put(arguments[1], std::move(changed));
  }
  return value;
}

ReplyValue mget(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  std::vector<ReplyValue> values;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const DataPointer value = unit.find(arguments[i]);
    const bool there = value != nullptr && value->type == Type::kString;
    values.push_back(there ? ReplyValue::string(value->string) : ReplyValue::null());
  }
  return ReplyValue::array(std::move(values));
}

ReplyValue mset(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) unit.put(arguments[i], string_value(arguments[i + 1]));
  return ReplyValue::ok();
}

ReplyValue msetnx(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  bool any = false;
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) any |= unit.find(arguments[i]) != nullptr;
  if (!any) mset(unit, arguments, actual);
  return ReplyValue::number(std::int64_t{!any});
}

ReplyValue append(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kString);
  if (!value) return wrong_type();
  value->string += arguments[2];
  const std::size_t size = value->string.size();
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(size);
}

ReplyValue setrange(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kString);
  if (!value) return wrong_type();
  const auto offset = static_cast<std::size_t>(number_of(arguments, 2));
  const std::string& bytes = arguments[3];
  if (bytes.empty()) return ReplyValue::number(value->string.size());
  if (value->string.size() < offset + bytes.size()) value->string.resize(offset + bytes.size(), '\0');
  value->string.replace(offset, bytes.size(), bytes);
  const std::size_t size = value->string.size();
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(size);
}

ReplyValue getrange(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kString);
  if (!value) return wrong_type();
  // Unlike in a list, an end before the first byte is the first byte, unless both ends say in vain what they want.
  const std::int64_t from = number_of(arguments, 2);
  std::int64_t to = number_of(arguments, 3);
  if (from < 0 && to < 0 && from > to) return ReplyValue::string("");
  if (to < 0) to = std::max<std::int64_t>(to + static_cast<std::int64_t>(value->string.size()), 0);
  const IndexRange range = index_range(from, to, value->string.size());
  return ReplyValue::string(value->string.substr(range.first, range.last - range.first));
}

ReplyValue strlen_of(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kString);
  return value ? ReplyValue::number(value->string.size()) : wrong_type();
}

ReplyValue add(ModelUnit& unit, const std::string& name, std::int64_t amount) {
  auto value = found_or_new(unit, name, Type::kString);
  if (!value) return wrong_type();
  const bool absent = unit.find(name) == nullptr;
  const auto number = absent ? std::optional<std::int64_t>(0) : to_number(value->string);
  if (!number) return ReplyValue::error("ERR");
  value->string = std::to_string(*number + amount);
  unit.put(name, std::move(*value));
  return ReplyValue::number(*number + amount);
}
ReplyValue incr(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return add(unit, arguments[1], 1);
}
ReplyValue decr(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return add(unit, arguments[1], -1);
}
ReplyValue incrby(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return add(unit, arguments[1], number_of(arguments, 2));
}

constexpr NamedModelCommand kStringCommands[] = {
    {"append", append}, {"decr", decr},         {"get", get},           {"getdel", getdel},
    {"getex", getex},   {"getset", getset},     {"incr", incr},         {"incrby", incrby},
    {"mget", mget},     {"mset", mset},         {"msetnx", msetnx},     {"set", set},
    {"setnx", setnx},   {"setrange", setrange}, {"getrange", getrange}, {"strlen", strlen_of},
};

}  // namespace

std::span<const NamedModelCommand> model_string_commands() {
  return kStringCommands;
}

}  // namespace terrace::simulation
