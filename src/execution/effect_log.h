// EffectLog: appends the effects of units to the engine's log, with a SELECT where the reader cannot know the database.
// Invariant: replay may begin at any checkpoint's mark, so the first effect of each turn and the first one behind a
// mark have a SELECT.
// Ownership: owned by CommandRunner. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/execution/effects.h"
#include "storage/engine.h"

namespace terrace {

class EffectLog {
 public:
  // Each returns the position behind what it appended.
  // One command, as RESP.
  std::uint64_t append(storage::Engine& engine, unsigned database, std::string_view command);
  // All effects of one unit. Several effects are put between MULTI and EXEC: replay applies all or none.
  std::uint64_t append(storage::Engine& engine, const Effects& effects);

  // The effects of one unit in pieces (Engine::append_piece). Nothing else may be appended between the first and the
  // last.
  void append_piece(storage::Engine& engine, const Effects& effects, bool first);
  std::uint64_t append_last_piece(storage::Engine& engine, const Effects& effects);

  // A turn has ended: the next effect gets a SELECT.
  void end_turn() { database_ = kUnknown; }

 private:
  static constexpr unsigned kUnknown = ~0u;

  std::string_view select(const storage::Engine& engine, unsigned database);
  void append_transaction(std::string& out, const Effects& effects);

  unsigned database_ = kUnknown;
  std::uint64_t marks_ = 0;       // the engine's count of marks at the last SELECT
  std::string select_;            // the RESP of the last SELECT,
  unsigned selected_ = kUnknown;  // and its database
};

}  // namespace terrace
