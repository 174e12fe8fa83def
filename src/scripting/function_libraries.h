// FunctionLibraries: the libraries of FUNCTION LOAD, with their functions, and the interpreter that runs them.
//
// They are a part of the store: the log has the commands that change them, and each checkpoint has all of them as one
// payload (Engine::set_attachment).
// Ownership: owned by Scripting. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "io/result.h"
#include "src/execution/log_replay.h"
#include "src/scripting/interpreter.h"

namespace terrace {

struct FunctionLibrary {
  struct Function {
    std::string name;
    std::string description;
    std::uint8_t flags = 0;
    int reference = 0;
    const FunctionLibrary* library = nullptr;
  };

  std::string name;
  std::string code;
  std::map<std::string, Function, std::less<>> functions;
};

class FunctionLibraries final : public StoreAttachment {
 public:
  FunctionLibraries(storage::Ledger& ledger, Logger& logger, io::Clock& clock)
      : ledger_(ledger), logger_(logger), clock_(clock), charge_(ledger, storage::Account::kScripts) {}

  // Runs the text, which registers its functions. Error: what the client is told; nothing has changed then. `patient`:
  // the text was loaded before, and may take as long as it needs.
  Result<std::string> load(std::string_view code, bool replace, bool patient);
  bool remove(std::string_view name);
  void flush();

  // A payload that FUNCTION RESTORE takes, here and in Redis.
  std::string dump() const;
  enum class Policy : std::uint8_t { kAppend, kReplace, kFlush };
  // Error: what the client is told; nothing has changed then.
  Result<void> restore_payload(std::string_view payload, Policy policy, bool patient);
  // The store was opened: these libraries take the place of all.
  Result<void> restore(std::string_view attachment) override;

  // nullptr: there is none.
  const FunctionLibrary::Function* find(std::string_view name) const;
  const std::map<std::string, std::unique_ptr<FunctionLibrary>, std::less<>>& libraries() const { return libraries_; }
  std::size_t function_count() const { return functions_.size(); }

  Interpreter& interpreter();
  std::size_t heap_bytes() const { return interpreter_ ? interpreter_->heap_bytes() : 0; }
  std::size_t overhead_bytes() const { return charge_.bytes(); }

 private:
  class Registry;

  Result<std::unique_ptr<FunctionLibrary>> make(std::string_view code, bool patient);
  Result<void> check_collisions(const FunctionLibrary& library, bool replace) const;
  void add(std::unique_ptr<FunctionLibrary> library);
  void drop(FunctionLibrary& library);
  void charge();

  storage::Ledger& ledger_;
  Logger& logger_;
  io::Clock& clock_;
  std::unique_ptr<Interpreter> interpreter_;  // made for the first library
  std::map<std::string, std::unique_ptr<FunctionLibrary>, std::less<>> libraries_;
  std::unordered_map<std::string_view, const FunctionLibrary::Function*> functions_;
  storage::LedgerCharge charge_;
};

}  // namespace terrace
