#include "tests/simulation/oracle.h"

#include <algorithm>
#include <unordered_set>

namespace terrace::simulation {

namespace {

// Key by key, how a recovered state differs from a model that is moved forward change by change.
class Difference {
 public:
  Difference(const Model& recovered, const Model& start, std::int64_t now_ms)
      : recovered_(recovered), model_(start), now_ms_(now_ms), wrong_(start.database_count()) {
    for (std::uint32_t database = 0; database < model_.database_count(); ++database) compare_all(database);
  }

  bool none() const {
    return std::all_of(wrong_.begin(), wrong_.end(), [](const auto& keys) { return keys.empty(); });
  }
  void advance(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      model_.apply(effect);
      if (effect.kind == Effect::Kind::kFlush) {
        compare_all(effect.database);
      } else if (effect.kind == Effect::Kind::kSwap) {
        compare_all(effect.database);
        compare_all(static_cast<std::uint32_t>(effect.amount));
      } else {
        compare(effect.database, effect.key);
      }
    }
  }
  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& keys : wrong_) sum += keys.size();
    return sum;
  }
  std::string describe() const {
    for (std::uint32_t database = 0; database < model_.database_count(); ++database) {
      if (wrong_[database].empty()) continue;
      const std::string& key = *std::min_element(wrong_[database].begin(), wrong_[database].end());
      return std::to_string(count()) + " keys differ, the first in database " + std::to_string(database) + ": " +
             beginning(key) + ": recovered " + words(recovered_.find(database, key)) + ", expected " +
             words(model_.find(database, key));
    }
    return "nothing differs";
  }

 private:
  static std::string beginning(const std::string& key) {
    std::string text = key.substr(0, 80);
    if (key.size() > text.size()) text += "...";
    return text;
  }
  static std::string words(const Value* value) {
    if (!value) return "nothing";
    return std::to_string(value->bytes.size()) + " bytes (hash " +
           std::to_string(std::hash<std::string>()(value->bytes) % 1'000'000) + ", encoding " +
           std::to_string(static_cast<int>(value->encoding)) + ", expiry " + std::to_string(value->expiry_ms) + ")";
  }
  bool agrees(const Value* recovered, const Value* expected) const {
    if (!expected) return recovered == nullptr;
    if (!recovered) return expected->expired(now_ms_);
    return *recovered == *expected;
  }
  void compare(std::uint32_t database, const std::string& key) {
    if (agrees(recovered_.find(database, key), model_.find(database, key))) {
      wrong_[database].erase(key);
    } else {
      wrong_[database].insert(key);
    }
  }
  void compare_all(std::uint32_t database) {
    wrong_[database].clear();
    for (const auto& [key, value] : recovered_.keys(database)) compare(database, key);
    for (const auto& [key, value] : model_.keys(database)) compare(database, key);
  }

  const Model& recovered_;
  Model model_;
  std::int64_t now_ms_;
  std::vector<std::unordered_set<std::string>> wrong_;
};

std::string full_name(std::uint32_t database, const std::string& key) {
  return std::to_string(database) + "/" + key;
}

}  // namespace

void Oracle::issue(std::uint64_t position, std::int64_t now_us, std::vector<Effect> effects) {
  for (const Effect& effect : effects) {
    current_.apply(effect);
    if (effect.kind == Effect::Kind::kFlush || effect.kind == Effect::Kind::kSwap) {
      last_sweep_ = position;
    } else {
      last_changes_[full_name(effect.database, effect.key)] = position;
    }
  }
  pending_.push_back({position, now_us, std::move(effects)});
}

void Oracle::fold_front() {
  for (const Effect& effect : pending_.front().effects) promised_.apply(effect);
  pending_.pop_front();
}

void Oracle::promise(std::uint64_t position) {
  if (position <= promised_position_) return;
  promised_position_ = position;
  while (!pending_.empty() && pending_.front().position <= position) fold_front();
}

void Oracle::promise_issued_before(std::int64_t time_us) {
  while (!pending_.empty() && pending_.front().time_us < time_us) fold_front();
}

std::uint64_t Oracle::last_change(std::uint32_t database, const std::string& key) const {
  auto it = last_changes_.find(full_name(database, key));
  return it == last_changes_.end() ? 0 : it->second;
}

std::optional<std::string> Oracle::recover(Model recovered, std::int64_t now_ms) {
  Difference difference(recovered, promised_, now_ms);
  std::string least = "at all that was promised: " + difference.describe();
  std::size_t least_count = difference.count();
  std::size_t prefix = 0;
  while (!difference.none() && prefix < pending_.size()) {
    difference.advance(pending_[prefix++].effects);
    if (difference.count() < least_count) {
      least_count = difference.count();
      least = "with " + std::to_string(prefix) + " more changes: " + difference.describe();
    }
  }
  if (!difference.none()) {
    return "what was recovered is no state between what was promised (position " + std::to_string(promised_position_) +
           ") and what was issued (" + std::to_string(pending_.size()) + " changes more); nearest " + least;
  }
  promised_ = recovered;
  current_ = std::move(recovered);
  pending_.clear();
  last_changes_.clear();
  promised_position_ = 0;
  last_sweep_ = 0;
  return std::nullopt;
}

}  // namespace terrace::simulation
