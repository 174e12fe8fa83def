// Dataset: what the databases of a server hold, as plain containers: the model that replies and recovered states are
// compared with. It knows no cold keys, no log and no encodings.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace terrace::simulation {

struct DataValue {
  static constexpr std::int64_t kNoExpiry = INT64_MAX;
  enum class Type : std::uint8_t { kString, kList, kHash, kSet, kSortedSet };

  Type type = Type::kString;
  std::int64_t expiry_ms = kNoExpiry;
  std::string string = {};
  std::deque<std::string> list = {};
  std::map<std::string, std::string> hash = {};
  std::set<std::string> set = {};
  std::map<std::string, std::int64_t> sorted_set = {};

  bool operator==(const DataValue&) const = default;
  // As redis-server: the millisecond of the expiry itself still has the key.
  bool expired(std::int64_t now_ms) const { return expiry_ms < now_ms; }
  std::size_t size() const;
  std::string describe() const;
};

// Shared and never changed, so that states of different times can have it.
using DataPointer = std::shared_ptr<const DataValue>;

struct KeyName {
  unsigned database;
  std::string name;

  auto operator<=>(const KeyName&) const = default;  // NOLINT(modernize-use-nullptr): of the generated code
  std::string describe() const { return std::to_string(database) + "/" + name; }
};

class Dataset {
 public:
  using Keys = std::map<std::string, DataPointer>;

  explicit Dataset(unsigned databases) : databases_(databases) {}

  unsigned database_count() const { return static_cast<unsigned>(databases_.size()); }
  const Keys& keys(unsigned database) const { return databases_[database]; }
  // nullptr: none. Whatever its expiry.
  DataPointer find(const KeyName& key) const;
  // nullptr: removes it.
  void put(const KeyName& key, DataPointer value);

 private:
  std::vector<Keys> databases_;
};

}  // namespace terrace::simulation
