#include "tests/simulation/clients/history.h"

#include <algorithm>
#include <set>

namespace terrace::simulation {

namespace {

// How a recovered state differs from a dataset that is moved forward unit by unit.
class Difference {
 public:
  Difference(const Dataset& found, Dataset start, std::int64_t now_ms)
      : found_(found), expected_(std::move(start)), now_ms_(now_ms) {
    for (unsigned database = 0; database < found.database_count(); ++database) {
      for (const auto& [name, value] : found_.keys(database)) compare({database, name});
      for (const auto& [name, value] : expected_.keys(database)) compare({database, name});
    }
  }

  std::size_t size() const { return wrong_.size(); }
  void advance(const std::vector<std::pair<KeyName, DataPointer>>& changes) {
    for (const auto& [key, value] : changes) {
      expected_.put(key, value);
      compare(key);
    }
  }
  std::string describe() const {
    if (wrong_.empty()) return "nothing differs";
    const KeyName& first = *wrong_.begin();
    return std::to_string(wrong_.size()) + " keys differ, the first " + first.describe() + ": recovered " +
           words(found_.find(first)) + ", expected " + words(expected_.find(first));
  }
  const Dataset& expected() const { return expected_; }

 private:
  static std::string words(const DataPointer& value) { return value == nullptr ? "nothing" : value->describe(); }
  void compare(const KeyName& key) {
    const DataPointer found = found_.find(key);
    const DataPointer expected = expected_.find(key);
    const bool same = found == nullptr      ? expected == nullptr || expected->expired(now_ms_)
                      : expected == nullptr ? false
                                            : *found == *expected;
    same ? static_cast<void>(wrong_.erase(key)) : static_cast<void>(wrong_.insert(key));
  }

  const Dataset& found_;
  Dataset expected_;
  std::int64_t now_ms_;
  std::set<KeyName> wrong_;
};

}  // namespace

std::uint64_t History::commit(const ModelUnit& unit, std::int64_t now_us) {
  std::uint64_t dependency = 0;
  for (const KeyName& key : unit.read_keys()) dependency = std::max(dependency, last_change(key));
  for (const unsigned database : unit.read_databases()) {
    const auto last = last_changes_of_databases_.find(database);
    if (last != last_changes_of_databases_.end()) dependency = std::max(dependency, last->second);
  }
  if (unit.changes().empty()) return dependency;
  Unit& committed = units_.emplace_back(Unit{now_us, {}});
  for (const ModelUnit::Change& change : unit.changes()) {
    committed.changes.emplace_back(change.key, change.after);
    std::vector<std::uint64_t>& numbers = changes_[change.key];
    if (numbers.empty() || numbers.back() != units()) numbers.push_back(units());
    last_changes_of_databases_[change.key.database] = units();
  }
  return units();
}

std::uint64_t History::last_change(const KeyName& key) const {
  const auto changes = changes_.find(key);
  return changes == changes_.end() ? 0 : changes->second.back();
}

std::optional<std::uint64_t> History::first_change(const KeyName& key, std::uint64_t from) const {
  const auto changes = changes_.find(key);
  if (changes == changes_.end()) return std::nullopt;
  const auto first = std::upper_bound(changes->second.begin(), changes->second.end(), from);
  if (first == changes->second.end()) return std::nullopt;
  return *first;
}

void History::promise_committed_before(std::int64_t time_us) {
  std::uint64_t number = 0;
  while (number < units() && units_[number].time_us < time_us) ++number;
  promise(number);
}

void History::add_expired(std::int64_t now_ms) {
  for (const Unit& unit : units_) {
    for (const auto& [key, value] : unit.changes) {
      if (value != nullptr && value->expired(now_ms) && current_.find(key) == nullptr) current_.put(key, value);
    }
  }
}

std::optional<std::string> History::recover(const Dataset& found, std::int64_t now_ms) {
  Difference difference(found, recovered_, now_ms);
  std::string least;
  std::size_t least_size = ~std::size_t{0};
  bool matches = false;
  for (std::uint64_t number = 0; !matches && number <= units(); ++number) {
    if (number > 0) difference.advance(units_[number - 1].changes);
    if (number < promised_) continue;
    matches = difference.size() == 0;
    if (difference.size() < least_size) {
      least_size = difference.size();
      least = "after " + std::to_string(number) + " units: " + difference.describe();
    }
  }
  if (!matches) {
    return "what was recovered is no state between the " + std::to_string(promised_) +
           " units that clients were told of and the " + std::to_string(units()) + " that were committed; nearest " +
           least;
  }
  current_ = difference.expected();
  add_expired(now_ms);
  recovered_ = current_;
  units_.clear();
  changes_.clear();
  last_changes_of_databases_.clear();
  promised_ = 0;
  return std::nullopt;
}

}  // namespace terrace::simulation
