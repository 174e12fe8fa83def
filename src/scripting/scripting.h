// Scripting: what the server keeps of scripts.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include "src/scripting/script_cache.h"

namespace terrace {

class Scripting {
 public:
  Scripting(storage::Ledger& ledger, Logger& logger, io::Clock& clock) : scripts_(ledger, logger, clock) {}

  ScriptCache& scripts() { return scripts_; }
  const ScriptCache& scripts() const { return scripts_; }

 private:
  ScriptCache scripts_;
};

}  // namespace terrace
