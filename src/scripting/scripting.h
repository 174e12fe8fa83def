// Scripting: the scripts and functions that the server has.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include "src/scripting/function_libraries.h"
#include "src/scripting/script_cache.h"

namespace terrace {

class Scripting {
 public:
  Scripting(storage::Ledger& ledger, Logger& logger, io::Clock& clock)
      : scripts_(ledger, logger, clock), functions_(ledger, logger, clock) {}

  ScriptCache& scripts() { return scripts_; }
  const ScriptCache& scripts() const { return scripts_; }
  FunctionLibraries& functions() { return functions_; }
  const FunctionLibraries& functions() const { return functions_; }

 private:
  ScriptCache scripts_;
  FunctionLibraries functions_;
};

}  // namespace terrace
