// Model: what the store should hold: databases of plain values. Thread: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/effect.h"

namespace terrace::simulation {

class Model {
 public:
  using Keys = std::unordered_map<std::string, Value>;

  explicit Model(unsigned databases) : databases_(databases) {}

  const Value* find(std::uint32_t database, const std::string& key) const {
    auto it = databases_[database].find(key);
    return it == databases_[database].end() ? nullptr : &it->second;
  }
  const Keys& keys(std::uint32_t database) const { return databases_[database]; }
  unsigned database_count() const { return static_cast<unsigned>(databases_.size()); }
  void put(std::uint32_t database, const std::string& key, Value value) {
    databases_[database][key] = std::move(value);
  }

  void apply(const Effect& effect) {
    Keys& keys = databases_[effect.database];
    switch (effect.kind) {
      case Effect::Kind::kDelete:
        keys.erase(effect.key);
        break;
      case Effect::Kind::kFlush:
        keys.clear();
        break;
      case Effect::Kind::kSwap:
        std::swap(keys, databases_[static_cast<std::size_t>(effect.amount)]);
        break;
      default: {
        const Value* old = effect.was_absent ? nullptr : find(effect.database, effect.key);
        if (auto value = simulation::apply(effect, old)) keys[effect.key] = std::move(*value);
      }
    }
  }

 private:
  std::vector<Keys> databases_;
};

}  // namespace terrace::simulation
