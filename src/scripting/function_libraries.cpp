#include "src/scripting/function_libraries.h"

#include <algorithm>
#include <cctype>

#include "io/fiber.h"
#include "src/scripting/function_registry.h"
#include "src/scripting/script_flags.h"
#include "src/scripting/world.h"
#include "src/text/ignoring_case.h"
#include "src/types/crc64.h"
#include "src/types/dump.h"
#include "src/types/encoding/rdb_reader.h"

namespace terrace {
namespace {

constexpr std::int64_t kLoadMs = 500;
constexpr std::int64_t kPatientMs = 3'600'000;
constexpr std::uint8_t kRdbFunction = 245;
constexpr std::uint16_t kRdbVersion = 10;
constexpr std::size_t kTrailerSize = sizeof(std::uint16_t) + sizeof(std::uint64_t);
constexpr std::string_view kBadName =
    "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

Error invalid(std::string message) {
  return {ErrorCode::kInvalid, std::move(message)};
}

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// The name in the first line: "#!lua name=mylib".
Result<std::string> name_in(std::string_view code, std::size_t& shebang_size) {
  const auto shebang = find_shebang(code);
  if (!shebang) return invalid("ERR Missing library metadata");
  if (shebang->size == std::string_view::npos) return invalid("ERR Invalid library metadata");
  const std::string_view engine = shebang->engine.substr(std::min<std::size_t>(2, shebang->engine.size()));
  std::string name;
  for (const std::string_view option : shebang->options) {
    if (!option.starts_with("name=")) return invalid("ERR Invalid metadata value given: " + std::string(option));
    if (!name.empty()) return invalid("ERR Invalid metadata value, name argument was given multiple times");
    name = option.substr(5);
  }
  if (name.empty() && shebang->options.empty()) return invalid("ERR Library name was not given");
  if (!is_name(name)) return invalid(std::string(kBadName));
  if (!equals_ignoring_case(engine, "lua")) return invalid("ERR Engine '" + std::string(engine) + "' not found");
  shebang_size = shebang->size;
  return name;
}

}  // namespace

class FunctionLibraries::Registry final : public FunctionRegistry {
 public:
  explicit Registry(FunctionLibrary& library) : library_(library) {}

  std::string add(std::string_view name, std::string_view description, std::uint8_t flags, int reference) override {
    if (!is_name(name)) return std::string(kBadName.substr(4));
    if (library_.functions.contains(name)) return "Function already exists in the library";
    library_.functions.emplace(name, FunctionLibrary::Function{.name = std::string(name),
                                                               .description = std::string(description),
                                                               .flags = flags,
                                                               .reference = reference,
                                                               .library = &library_});
    return {};
  }

 private:
  FunctionLibrary& library_;
};

Interpreter& FunctionLibraries::interpreter() {
  if (!interpreter_) interpreter_ = std::make_unique<Interpreter>(ledger_, logger_, clock_, open_function_world);
  return *interpreter_;
}

// Runs the text of a library that is not added yet.
Result<std::unique_ptr<FunctionLibrary>> FunctionLibraries::make(std::string_view code, bool patient) {
  std::size_t shebang_size = 0;
  Result<std::string> name = name_in(code, shebang_size);
  if (!name.ok()) return name.error();
  auto library = std::make_unique<FunctionLibrary>();
  library->name = std::move(*name);
  library->code = code;
  const std::string_view text = std::string_view(library->code).substr(shebang_size);
  Interpreter& lua = interpreter();
  const Result<int> chunk = lua.compile(text, "@user_function");
  if (!chunk.ok()) return invalid("ERR Error compiling function: " + chunk.error().message);
  Registry registry(*library);
  lua.set_text(library->code, "@user_function");
  Result<void> ran;
  const io::Fiber::Body body = [&](io::Fiber&) {
    ran = lua.run_library(*chunk, registry, patient ? kPatientMs : kLoadMs);
  };
  io::FiberStacks stacks;
  const auto fiber = io::Fiber::make(stacks, body);
  if (!fiber.ok()) return invalid("OOM no memory for the stack of a library: " + fiber.error().message);
  (*fiber)->resume();
  lua.unreference(*chunk);
  if (ran.ok() && !library->functions.empty()) return library;
  drop(*library);
  if (!ran.ok()) return invalid("ERR Error registering functions: " + ran.error().message);
  return invalid("ERR No functions registered");
}

Result<void> FunctionLibraries::check_collisions(const FunctionLibrary& library, bool replace) const {
  const auto same = libraries_.find(library.name);
  if (same != libraries_.end() && !replace) return invalid("ERR Library '" + library.name + "' already exists");
  for (const auto& [name, function] : library.functions) {
    const auto found = functions_.find(name);
    if (found == functions_.end()) continue;
    if (same == libraries_.end() || found->second->library != same->second.get()) {
      return invalid("ERR Function " + name + " already exists");
    }
  }
  return {};
}

Result<std::string> FunctionLibraries::load(std::string_view code, bool replace, bool patient) {
  std::size_t shebang_size = 0;
  const Result<std::string> name = name_in(code, shebang_size);
  if (!name.ok()) return name.error();
  if (!replace && libraries_.contains(*name)) return invalid("ERR Library '" + *name + "' already exists");
  auto library = make(code, patient);
  if (!library.ok()) return library.error();
  if (const Result<void> fits = check_collisions(**library, replace); !fits.ok()) {
    drop(**library);
    return fits.error();
  }
  remove(*name);
  add(std::move(*library));
  return *name;
}

void FunctionLibraries::add(std::unique_ptr<FunctionLibrary> library) {
  for (const auto& [name, function] : library->functions) functions_.emplace(function.name, &function);
  std::string name = library->name;
  libraries_.insert_or_assign(std::move(name), std::move(library));
  charge();
}

// Its functions are forgotten by the interpreter.
void FunctionLibraries::drop(FunctionLibrary& library) {
  for (const auto& [name, function] : library.functions) interpreter_->unreference(function.reference);
}

bool FunctionLibraries::remove(std::string_view name) {
  const auto found = libraries_.find(name);
  if (found == libraries_.end()) return false;
  for (const auto& [function, unused] : found->second->functions) functions_.erase(function);
  drop(*found->second);
  libraries_.erase(found);
  charge();
  return true;
}

void FunctionLibraries::flush() {
  functions_.clear();
  libraries_.clear();
  interpreter_.reset();
  charge();
}

void FunctionLibraries::charge() {
  std::size_t bytes = 0;
  for (const auto& [name, library] : libraries_) {
    bytes += sizeof *library + library->code.capacity() + library->functions.size() * sizeof(FunctionLibrary::Function);
  }
  charge_.resize(bytes);
}

const FunctionLibrary::Function* FunctionLibraries::find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : found->second;
}

std::string FunctionLibraries::dump() const {
  std::string payload;
  for (const auto& [name, library] : libraries_) {
    payload.push_back(static_cast<char>(kRdbFunction));
    storage::put_rdb_string(payload, library->code);
  }
  storage::put_fixed(payload, kRdbVersion);
  storage::put_fixed(payload, types::crc64(payload));
  return payload;
}

Result<void> FunctionLibraries::restore_payload(std::string_view payload, Policy policy, bool patient) {
  if (!types::dump_intact(payload)) return invalid("ERR DUMP payload version or checksum are wrong");
  types::RdbReader reader(payload.substr(0, payload.size() - kTrailerSize));
  FunctionLibraries restored(ledger_, logger_, clock_);
  if (policy != Policy::kFlush) {
    for (const auto& [name, library] : libraries_) {
      const Result<std::string> loaded = restored.load(library->code, false, true);
      if (!loaded.ok()) return loaded.error();
    }
  }
  while (reader.remaining() > 0) {
    if (reader.byte() != kRdbFunction) return invalid("ERR given type is not a function");
    const types::RdbText code = reader.text();
    if (!reader.ok()) return invalid("ERR failed loading functions payload");
    std::size_t shebang_size = 0;
    const Result<std::string> name = name_in(code.view(), shebang_size);
    if (name.ok() && policy == Policy::kAppend && libraries_.contains(*name)) {
      return invalid("ERR Library " + *name + " already exists");
    }
    const Result<std::string> loaded = restored.load(code.view(), policy == Policy::kReplace, patient);
    if (!loaded.ok()) return loaded.error();
  }
  interpreter_ = std::move(restored.interpreter_);
  libraries_ = std::move(restored.libraries_);
  functions_ = std::move(restored.functions_);
  charge();
  return {};
}

Result<void> FunctionLibraries::restore(std::string_view attachment) {
  if (attachment.empty()) {
    flush();
    return {};
  }
  const Result<void> restored = restore_payload(attachment, Policy::kFlush, true);
  if (restored.ok()) return {};
  return Error{ErrorCode::kCorrupt, "the functions of the checkpoint cannot be loaded: " + restored.error().message};
}

}  // namespace terrace
