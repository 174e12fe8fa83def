// ScriptCache: the scripts of EVAL and SCRIPT LOAD, compiled once, and the interpreter that runs them.
//
// Scripts of EVAL alone are forgotten when there are many; those of SCRIPT LOAD stay until SCRIPT FLUSH.
// Ownership: owned by Scripting. Thread: the reactor's.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/scripting/interpreter.h"
#include "storage/base/key.h"

namespace terrace {

struct CachedScript {
  std::string sha;
  std::string body;
  int function = 0;  // a reference of the interpreter
  std::uint8_t flags = 0;
  bool has_shebang = false;
  bool stays = false;                        // SCRIPT LOAD
  std::list<CachedScript*>::iterator place;  // among those that do not stay
};

class ScriptCache {
 public:
  ScriptCache(storage::Ledger& ledger, Logger& logger, io::Clock& clock)
      : ledger_(ledger), logger_(logger), clock_(clock), charge_(ledger, storage::Account::kScripts) {}

  // The script with this text, compiled if it is new. Error: what the client is told. `stays`: for SCRIPT LOAD.
  Result<CachedScript*> add(std::string_view body, bool stays);
  // nullptr: there is none. The digits may be of either case.
  CachedScript* find(std::string_view sha);
  void flush();

  Interpreter& interpreter();
  std::size_t size() const { return by_sha_.size(); }
  std::uint64_t evicted() const { return evicted_; }
  std::size_t heap_bytes() const { return interpreter_ ? interpreter_->heap_bytes() : 0; }
  std::size_t overhead_bytes() const { return bytes_; }

 private:
  struct Hash {
    std::size_t operator()(std::string_view bytes) const { return storage::Key(bytes).hash; }
  };

  Result<void> compile(CachedScript& script);
  void evict_oldest();
  void use(CachedScript& script);

  storage::Ledger& ledger_;
  Logger& logger_;
  io::Clock& clock_;
  std::unique_ptr<Interpreter> interpreter_;  // made for the first script
  std::unordered_map<std::string_view, std::unique_ptr<CachedScript>, Hash> by_body_;
  std::unordered_map<std::string_view, CachedScript*, Hash> by_sha_;
  std::list<CachedScript*> forgettable_;  // the one used last is at the end
  std::uint64_t evicted_ = 0;
  std::size_t bytes_ = 0;
  storage::LedgerCharge charge_;
};

}  // namespace terrace
