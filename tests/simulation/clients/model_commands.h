// The commands of the model, each written down once more from what the Redis documentation says of it.
// Thread: the simulation's.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tests/simulation/clients/model_unit.h"

namespace terrace::simulation {

struct NamedModelCommand {
  std::string_view name;
  ModelCommand run;
};

std::span<const NamedModelCommand> model_string_commands();
std::span<const NamedModelCommand> model_list_commands();
std::span<const NamedModelCommand> model_collection_commands();  // hashes, sets, sorted sets
std::span<const NamedModelCommand> model_key_commands();

// --- for their implementations

inline ReplyValue wrong_type() {
  return ReplyValue::error("WRONGTYPE");
}

inline std::optional<std::int64_t> to_number(const std::string& text) {
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

inline std::int64_t number_of(const Arguments& arguments, std::size_t index) {
  return to_number(arguments[index]).value_or(0);
}

// A copy to be changed of what the key holds, or a new one; nothing if it holds another type.
inline std::optional<DataValue> found_or_new(ModelUnit& unit, const std::string& name, DataValue::Type type) {
  const DataPointer found = unit.find(name);
  if (found == nullptr) return DataValue{.type = type};
  if (found->type != type) return std::nullopt;
  return *found;
}

// A collection that has become empty goes.
inline void put_back(ModelUnit& unit, const std::string& name, DataValue value) {
  if (value.size() == 0) {
    unit.remove(name);
  } else {
    unit.put(name, std::move(value));
  }
}

// The elements of a range with indexes from the end below zero: [first, last), which may be empty.
struct IndexRange {
  std::size_t first;
  std::size_t last;
};
inline IndexRange index_range(std::int64_t from, std::int64_t to, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  if (from < 0) from += count;
  if (to < 0) to += count;
  from = from < 0 ? 0 : from;
  to = to >= count ? count - 1 : to;
  if (from > to || from >= count) return {0, 0};
  return {static_cast<std::size_t>(from), static_cast<std::size_t>(to) + 1};
}

}  // namespace terrace::simulation
