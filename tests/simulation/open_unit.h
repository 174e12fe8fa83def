// OpenUnit: the one unit that changes the store over several turns, and what keeps others away from it, as a server
// does: who wants a key that it has touched waits for its end, and so does, once a piece of it is in the log, whoever
// writes. Others go on, and their entries precede the unit's.
// Ownership: refers to the Engine. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/sync.h"
#include "storage/engine.h"
#include "tests/simulation/effect.h"
#include "tests/simulation/store_access.h"

namespace terrace::simulation {

class OpenUnit {
 public:
  explicit OpenUnit(storage::Engine& engine) : engine_(engine) {}

  bool open() const { return open_; }
  // Whether who wants these keys has to wait.
  bool bars(const std::vector<KeyName>& names, bool writes) const;
  io::Event& ended() { return ended_; }

  // --- for the client whose unit it is
  void begin();
  // It will read or change these.
  void touch(const std::vector<KeyName>& names);
  bool has_changed(const KeyName& name) const { return changed_.contains({name.database, name.key}); }
  // What it has changed, not logged yet.
  void add(const std::vector<Effect>& effects);
  bool has_added() const { return effects_.size() > logged_effects_; }
  // Logs what was added as an entry that is not the last.
  void log_piece(std::uint64_t id);
  // Logs the rest, nothing if there was no effect at all; returns the position behind the unit. effects() are all that it did.
  std::uint64_t end(std::uint64_t id);
  const std::vector<Effect>& effects() const { return effects_; }
  // Lets those go on who wait.
  void close();

 private:
  using Keys = std::set<std::pair<std::uint32_t, std::string>>;

  std::string encode_added(std::uint64_t id, bool ends);

  storage::Engine& engine_;
  bool open_ = false;
  bool logged_ = false;
  Keys touched_;
  Keys changed_;
  std::vector<Effect> effects_;
  std::size_t logged_effects_ = 0;
  io::Event ended_;
};

}  // namespace terrace::simulation
