#include "tests/simulation/open_unit.h"

#include <algorithm>

namespace terrace::simulation {

bool OpenUnit::bars(const std::vector<KeyName>& names, bool writes) const {
  if (!open_ || (writes && logged_)) return open_;
  return std::any_of(names.begin(), names.end(), [this](const KeyName& name) {
    return touched_.contains({name.database, name.key});
  });
}

void OpenUnit::begin() {
  engine_.begin_unit();
  open_ = true;
  logged_ = false;
  logged_effects_ = 0;
}

void OpenUnit::touch(const std::vector<KeyName>& names) {
  for (const KeyName& name : names) touched_.insert({name.database, name.key});
}

void OpenUnit::add(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    changed_.insert({effect.database, effect.key});
    effects_.push_back(effect);
  }
}

std::string OpenUnit::encode_added(std::uint64_t id, bool ends) {
  Entry entry{.id = id, .effects = {}, .begins_unit = !logged_, .ends_unit = ends};
  entry.effects.assign(effects_.begin() + static_cast<std::ptrdiff_t>(logged_effects_), effects_.end());
  logged_ = true;
  logged_effects_ = effects_.size();
  return encode(entry);
}

void OpenUnit::log_piece(std::uint64_t id) {
  const std::string text = encode_added(id, false);
  const std::string_view parts[] = {text};
  engine_.append_piece(parts);
}

std::uint64_t OpenUnit::end(std::uint64_t id) {
  if (effects_.empty()) return engine_.end_unit({});
  const std::string text = encode_added(id, true);
  const std::string_view parts[] = {text};
  return engine_.end_unit(parts);
}

void OpenUnit::close() {
  open_ = false;
  touched_.clear();
  changed_.clear();
  effects_.clear();
  ended_.notify();
}

}  // namespace terrace::simulation
