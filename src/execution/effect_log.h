// EffectLog: writes the effects of commands to the engine's log, naming the database where the log's reader could not
// know it: the log may be replayed from any checkpoint's mark, so each turn's first effect and the first one behind a
// mark says its SELECT again.
// Ownership: owned by Dispatcher. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/effects.h"
#include "storage/engine.h"

namespace terrace {

class EffectLog {
 public:
  // All return the position behind what they appended.
  // One command as RESP.
  std::uint64_t append(storage::Engine& engine, unsigned database, std::string_view command);
  // What one command gathered: several effects are taken back all or none.
  std::uint64_t append(storage::Engine& engine, const Effects& effects);

  // A unit's effects in pieces (Engine::append_piece): nothing else is appended between the first and the last.
  void append_piece(storage::Engine& engine, const Effects& effects, bool first);
  std::uint64_t append_last_piece(storage::Engine& engine, const Effects& effects);

  // A turn has ended: the next effect says its database again.
  void end_turn() { database_ = kUnknown; }

 private:
  static constexpr unsigned kUnknown = ~0u;

  void select(storage::Engine& engine, unsigned database);
  void append_transaction(std::string& out, const Effects& effects);

  unsigned database_ = kUnknown;
  std::uint64_t marks_ = 0;  // the engine's, when the last SELECT was said
  std::vector<std::string_view> parts_;
  std::string select_;            // RESP of the last SELECT said,
  unsigned selected_ = kUnknown;  // and its number
};

}  // namespace terrace
