#include "src/scripting/script_cache.h"

#include <algorithm>
#include <cctype>

#include "src/scripting/script_flags.h"
#include "src/scripting/sha1_hex.h"
#include "src/scripting/world.h"

namespace terrace {
namespace {

// As many as in Redis.
constexpr std::size_t kMostForgettable = 500;

Error refusal(std::string message) {
  return {ErrorCode::kInvalid, std::move(message)};
}

Result<std::uint8_t> parse_flags(std::string_view list) {
  std::uint8_t flags = 0;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, end);
    const auto flag = script_flag(name);
    if (!flag) return refusal("ERR Unexpected flag in script shebang: " + std::string(name));
    flags |= *flag;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return flags;
}

Result<std::uint8_t> flags_of(const Shebang& shebang) {
  std::uint8_t flags = 0;
  for (const std::string_view option : shebang.options) {
    if (!option.starts_with("flags=")) return refusal("ERR Unknown lua shebang option: " + std::string(option));
    const Result<std::uint8_t> parsed = parse_flags(option.substr(6));
    if (!parsed.ok()) return parsed.error();
    flags |= *parsed;
  }
  return flags;
}

}  // namespace

Interpreter& ScriptCache::interpreter() {
  if (!interpreter_) interpreter_ = std::make_unique<Interpreter>(ledger_, logger_, clock_, open_script_world);
  return *interpreter_;
}

Result<CachedScript*> ScriptCache::add(std::string_view body, bool stays) {
  if (const auto found = by_body_.find(body); found != by_body_.end()) {
    CachedScript& script = *found->second;
    use(script);
    if (stays && !script.stays) {
      script.stays = true;
      forgettable_.erase(script.place);
    }
    return &script;
  }
  auto script = std::make_unique<CachedScript>();
  script->body = body;
  script->stays = stays;
  if (const Result<void> compiled = compile(*script); !compiled.ok()) return compiled.error();
  script->sha = Sha1Hex(body).view();
  CachedScript* const added = script.get();
  if (!stays) {
    if (forgettable_.size() >= kMostForgettable) evict_oldest();
    added->place = forgettable_.insert(forgettable_.end(), added);
  }
  bytes_ += sizeof *added + added->body.capacity();
  charge_.resize(bytes_);
  by_sha_.emplace(added->sha, added);
  by_body_.emplace(added->body, std::move(script));
  return added;
}

Result<void> ScriptCache::compile(CachedScript& script) {
  std::string_view text = script.body;
  if (const auto shebang = find_shebang(text)) {
    if (shebang->size == std::string_view::npos) return refusal("ERR Invalid script shebang");
    if (shebang->engine != "#!lua") {
      return refusal("ERR Unexpected engine in script shebang: " + std::string(shebang->engine));
    }
    const Result<std::uint8_t> flags = flags_of(*shebang);
    if (!flags.ok()) return flags.error();
    script.has_shebang = true;
    script.flags = *flags;
    text.remove_prefix(shebang->size);
  }
  const Result<int> function = interpreter().compile(text, "@user_script");
  if (!function.ok()) {
    return refusal("ERR Error compiling script (new function): " + function.error().message);
  }
  script.function = *function;
  return {};
}

void ScriptCache::use(CachedScript& script) {
  if (!script.stays) forgettable_.splice(forgettable_.end(), forgettable_, script.place);
}

void ScriptCache::evict_oldest() {
  CachedScript* const oldest = forgettable_.front();
  forgettable_.pop_front();
  ++evicted_;
  interpreter_->unreference(oldest->function);
  bytes_ -= sizeof *oldest + oldest->body.capacity();
  by_sha_.erase(oldest->sha);
  by_body_.erase(by_body_.find(oldest->body));
}

CachedScript* ScriptCache::find(std::string_view sha) {
  constexpr std::size_t kDigits = 40;
  if (sha.size() != kDigits) return nullptr;
  auto found = by_sha_.find(sha);
  if (found == by_sha_.end()) {
    std::string lower(sha);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    found = by_sha_.find(lower);
  }
  if (found == by_sha_.end()) return nullptr;
  use(*found->second);
  return found->second;
}

void ScriptCache::flush() {
  by_sha_.clear();
  by_body_.clear();
  forgettable_.clear();
  interpreter_.reset();
  bytes_ = 0;
  charge_.resize(0);
}

}  // namespace terrace
