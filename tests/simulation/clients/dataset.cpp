#include "tests/simulation/clients/dataset.h"

#include <functional>

namespace terrace::simulation {

std::size_t DataValue::size() const {
  return type == Type::kString ? string.size() : list.size() + hash.size() + set.size() + sorted_set.size();
}

std::string DataValue::describe() const {
  constexpr const char* kNames[] = {"string", "list", "hash", "set", "sorted set"};
  std::string words = std::string("a ") + kNames[static_cast<unsigned>(type)] + " of " + std::to_string(size());
  if (type == Type::kString) words += " bytes \"" + string.substr(0, 24) + "\"";
  std::size_t hash_of_all = 0;
  const auto add = [&](const std::string& text) { hash_of_all = hash_of_all * 31 + std::hash<std::string>()(text); };
  for (const std::string& element : list) add(element);
  for (const auto& [field, value] : hash) add(field), add(value);
  for (const std::string& member : set) add(member);
  for (const auto& [member, score] : sorted_set) add(member), add(std::to_string(score));
  if (type != Type::kString) words += " elements (" + std::to_string(hash_of_all % 1'000'000) + ")";
  return expiry_ms == kNoExpiry ? words : words + ", expires at " + std::to_string(expiry_ms);
}

DataPointer Dataset::find(const KeyName& key) const {
  const Keys& keys = databases_[key.database];
  const auto found = keys.find(key.name);
  return found == keys.end() ? nullptr : found->second;
}

void Dataset::put(const KeyName& key, DataPointer value) {
  if (value == nullptr) {
    databases_[key.database].erase(key.name);
  } else {
    databases_[key.database][key.name] = std::move(value);
  }
}

}  // namespace terrace::simulation
