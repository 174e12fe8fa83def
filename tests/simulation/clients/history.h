// History: the units that changed something, in the order in which the server committed them, and how far clients have
// been told of them: promise P1.
//
// A reply tells of the last change of each key that it speaks of; when its bytes leave the server, that change and all
// before it are promised. After a crash what is recovered must equal the state after some prefix of the units that
// holds all that was promised. Compared are whole databases, key by key, so a lost, doubled, reordered or half applied
// unit shows. Keys whose time has passed may be missing: the server may remove them at any time.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/clients/dataset.h"
#include "tests/simulation/clients/model_unit.h"

namespace terrace::simulation {

class History {
 public:
  explicit History(unsigned databases) : recovered_(databases), current_(databases) {}

  // The state after all units.
  Dataset& current() { return current_; }

  // --- during a life
  // The unit is committed; says what a reply to it depends on, as a number of units.
  std::uint64_t commit(const ModelUnit& unit, std::int64_t now_us);
  std::uint64_t units() const { return units_.size(); }
  // The last unit that changed the key.
  std::uint64_t last_change(const KeyName& key) const;
  // The first of the units behind `from` that changed the key; nothing: none did.
  std::optional<std::uint64_t> first_change(const KeyName& key, std::uint64_t from) const;

  // So many units are promised to survive.
  void promise(std::uint64_t units) { promised_ = std::max(promised_, units); }
  void promise_all() { promise(units()); }
  void promise_committed_before(std::int64_t time_us);
  std::uint64_t promised() const { return promised_; }

  // --- after recovery
  // Says what is wrong with `found`, or takes it for the state from which the next life goes. `now_ms`: the end of the
  // look.
  std::optional<std::string> recover(const Dataset& found, std::int64_t now_ms);

 private:
  struct Unit {
    std::int64_t time_us;
    std::vector<std::pair<KeyName, DataPointer>> changes;
  };

  // Keys of the life that has ended whose time has passed. Some may still be there, though no command shows them but
  // DBSIZE, which counts them: states that differ in such keys alone look the same after a recovery.
  void add_expired(std::int64_t now_ms);

  Dataset recovered_;  // what the life began with
  Dataset current_;
  std::vector<Unit> units_;
  std::uint64_t promised_ = 0;
  std::map<KeyName, std::vector<std::uint64_t>> changes_;        // of each key, the units that changed it
  std::map<unsigned, std::uint64_t> last_changes_of_databases_;  // of any of their keys
};

}  // namespace terrace::simulation
