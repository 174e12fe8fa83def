// Mutants: defects that can be switched on in a special build (TERRACE_MUTANTS), to show that the simulation finds
// them. In every other build mutant() is constantly false and costs nothing.
#pragma once

#include <cstdint>

namespace terrace::storage {

enum class Mutant : std::uint8_t {
  kNone,
  kSkipSync,          // segments and log files are not synced
  kAckOnWrite,        // log positions count as durable when the write is done, before the sync
  kIgnoreShortWrite,  // a short read or write counts as complete
  kUnlinkEarly,       // a segment's file is deleted before a checkpoint without it is durable
  kSkipKeyCheck,      // a matching fingerprint counts as a matching key
  kCutAnyBadFrame,    // any bad log frame counts as a torn tail
  kSplitUnit,         // the pieces of an unfinished unit in the log count as a whole unit
  kReplayHalfUnit,    // replay applies the beginning of a unit whose end is not in the log
  kSkipWitness,       // an overwritten entry's image counts as the writing key's own
  kMarkInsideUnit,    // a checkpoint takes its mark while a unit's changes are not in the log
  // of the server's core
  kReplyBeforePosition,    // a reply leaves before the state it shows is durable
  kMessageBeforePosition,  // a message leaves before the state it tells of is durable
  kIgnoreDependency,       // a read's reply does not wait for the change it has read
  kUnitCutInTwo,           // a unit is two entries of the log
  kOpenUnitIsSeen,         // a call runs although it has a key of an open unit
  kWatchMissesExpiry,      // a watched key whose time has come counts as unchanged
  kScriptKeepsNobodyOff,   // while a script is suspended, others run with any key
  kEvictionBreaksWatch,    // a watched key that goes to disk counts as changed
};

#ifdef TERRACE_MUTANTS
inline Mutant active_mutant = Mutant::kNone;
inline bool mutant(Mutant which) {
  return active_mutant == which;
}
#else
constexpr bool mutant(Mutant) {
  return false;
}
#endif

}  // namespace terrace::storage
