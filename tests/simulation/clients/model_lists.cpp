// The model's lists, with the commands that wait for them.

#include "tests/simulation/clients/model_commands.h"

namespace terrace::simulation {

namespace {

using Type = DataValue::Type;

ReplyValue push(ModelUnit& unit, const Arguments& arguments, bool left, bool only_existing) {
  auto value = found_or_new(unit, arguments[1], Type::kList);
  if (!value) return wrong_type();
  if (only_existing && value->list.empty()) return ReplyValue::number(std::int64_t{0});
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    left ? value->list.push_front(arguments[i]) : value->list.push_back(arguments[i]);
  }
  const std::size_t size = value->list.size();
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(size);
}
ReplyValue lpush(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return push(unit, arguments, true, false);
}
ReplyValue rpush(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return push(unit, arguments, false, false);
}
ReplyValue lpushx(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return push(unit, arguments, true, true);
}

std::string take(std::deque<std::string>& list, bool left) {
  std::string element = left ? list.front() : list.back();
  left ? list.pop_front() : list.pop_back();
  return element;
}

ReplyValue pop(ModelUnit& unit, const Arguments& arguments, bool left) {
  auto value = found_or_new(unit, arguments[1], Type::kList);
  if (!value) return wrong_type();
  if (value->list.empty()) return ReplyValue::null();
  if (arguments.size() == 2) {
    const std::string element = take(value->list, left);
    put_back(unit, arguments[1], std::move(*value));
    return ReplyValue::string(element);
  }
  std::vector<ReplyValue> elements;
  const auto count = static_cast<std::size_t>(number_of(arguments, 2));
  while (elements.size() < count && !value->list.empty()) {
    elements.push_back(ReplyValue::string(take(value->list, left)));
  }
  if (!elements.empty()) put_back(unit, arguments[1], std::move(*value));
  return ReplyValue::array(std::move(elements));
}
ReplyValue lpop(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return pop(unit, arguments, true);
}
ReplyValue rpop(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  return pop(unit, arguments, false);
}

// The key that a client was served by, if it has waited: the server's choice. Otherwise the first that has something.
ReplyValue pop_first(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual, bool left) {
  for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
    const DataPointer found = unit.find(arguments[i]);
    if (found == nullptr) continue;
    if (found->type != Type::kList) {
      // For one that waits nothing has come to this key.
      if (actual.kind == ReplyValue::Kind::kArray) continue;
      return wrong_type();
    }
    if (actual.kind == ReplyValue::Kind::kArray && actual.element_text(0) != arguments[i]) continue;
    DataValue value = *found;
    const std::string element = take(value.list, left);
    put_back(unit, arguments[i], std::move(value));
    return ReplyValue::array({ReplyValue::string(arguments[i]), ReplyValue::string(element)});
  }
  return ReplyValue::null();
}
ReplyValue blpop(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  return pop_first(unit, arguments, actual, true);
}
ReplyValue brpop(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  return pop_first(unit, arguments, actual, false);
}

// LMOVE and BLMOVE: source, destination, LEFT or RIGHT twice.
ReplyValue lmove(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const bool from_left = arguments[3] == "LEFT";
  const bool to_left = arguments[4] == "LEFT";
  auto source = found_or_new(unit, arguments[1], Type::kList);
  if (!source) return wrong_type();
  if (source->list.empty()) return ReplyValue::null();
  const DataPointer destination = unit.find(arguments[2]);
  if (destination != nullptr && destination->type != Type::kList) return wrong_type();
  const std::string element = take(source->list, from_left);
  put_back(unit, arguments[1], std::move(*source));
  DataValue target = *found_or_new(unit, arguments[2], Type::kList);
  to_left ? target.list.push_front(element) : target.list.push_back(element);
  // A list of one element that is moved to itself is the same key still.
  if (arguments[1] == arguments[2] && destination != nullptr) target.expiry_ms = destination->expiry_ms;
  unit.put(arguments[2], std::move(target));
  return ReplyValue::string(element);
}

ReplyValue llen(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kList);
  return value ? ReplyValue::number(value->list.size()) : wrong_type();
}

ReplyValue lrange(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kList);
  if (!value) return wrong_type();
  const IndexRange range = index_range(number_of(arguments, 2), number_of(arguments, 3), value->list.size());
  std::vector<ReplyValue> elements;
  for (std::size_t i = range.first; i < range.last; ++i) elements.push_back(ReplyValue::string(value->list[i]));
  return ReplyValue::array(std::move(elements));
}

std::optional<std::size_t> index_in(const DataValue& value, std::int64_t index) {
  if (index < 0) index += static_cast<std::int64_t>(value.list.size());
  if (index < 0 || index >= static_cast<std::int64_t>(value.list.size())) return std::nullopt;
  return static_cast<std::size_t>(index);
}

ReplyValue lindex(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kList);
  if (!value) return wrong_type();
  const auto index = index_in(*value, number_of(arguments, 2));
  return index ? ReplyValue::string(value->list[*index]) : ReplyValue::null();
}

ReplyValue lset(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kList);
  if (!value) return wrong_type();
  const auto index = index_in(*value, number_of(arguments, 2));
  if (!index) return ReplyValue::error("ERR");
  value->list[*index] = arguments[3];
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::ok();
}

ReplyValue ltrim(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kList);
  if (!value) return wrong_type();
  if (value->list.empty()) return ReplyValue::ok();
  const IndexRange range = index_range(number_of(arguments, 2), number_of(arguments, 3), value->list.size());
  const auto begin = value->list.begin();
  value->list = std::deque<std::string>(begin + static_cast<std::ptrdiff_t>(range.first),
                                        begin + static_cast<std::ptrdiff_t>(range.last));
  put_back(unit, arguments[1], std::move(*value));
  return ReplyValue::ok();
}

constexpr NamedModelCommand kListCommands[] = {
    {"blmove", lmove}, {"blpop", blpop}, {"brpop", brpop}, {"lindex", lindex}, {"llen", llen},
    {"lmove", lmove},  {"lpop", lpop},   {"lpush", lpush}, {"lpushx", lpushx}, {"lrange", lrange},
    {"lset", lset},    {"ltrim", ltrim}, {"rpop", rpop},   {"rpush", rpush},
};

}  // namespace

std::span<const NamedModelCommand> model_list_commands() {
  return kListCommands;
}

}  // namespace terrace::simulation
