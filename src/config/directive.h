// Directive: one row of the table of configuration directives, the single source for reading the file, CONFIG GET, SET
// and REWRITE. A value is kept as its canonical text; rows name the Settings member that code reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/result.h"
#include "src/config/settings.h"

namespace terrace {

struct Directive {
  enum class Kind : std::uint8_t { kBool, kInteger, kMemory, kEnum, kString, kSpecial };
  enum Flag : std::uint8_t {
    kImmutable = 1,  // not by CONFIG SET
    kProtected = 2,  // by CONFIG SET only with enable-protected-configs
    kSecret = 4,     // not shown in logs
    kManyWords = 8,  // takes several words on its line
  };
  // The canonical text for these words. `current`: the value until now, for directives that set a part of it. The
  // messages of errors are those of Redis.
  using Parse = Result<std::string> (*)(std::span<const std::string> words, const std::string& current);
  using Assign = void (*)(Settings& settings, const std::string& value);
  // Assigns the choice with this number.
  using Choose = void (*)(Settings& settings, std::size_t choice);

  std::string_view name;
  std::string_view alias = {};
  Kind kind = Kind::kString;
  std::string_view default_value;
  unsigned flags = 0;
  std::int64_t minimum = 0;       // kInteger, kMemory
  std::int64_t maximum = 0;       // kInteger; kMemory: 0 for none
  std::string_view choices = {};  // kEnum: separated by blanks
  Choose choose = nullptr;        // kEnum
  bool Settings::*boolean = nullptr;
  std::int64_t Settings::*number = nullptr;
  std::string Settings::*text = nullptr;
  std::string_view reason = {};  // of a directive without effect: why it has none
  Parse parse = nullptr;         // kSpecial
  Assign assign = nullptr;       // kSpecial
};

std::span<const Directive> directives();
const Directive* find_directive(std::string_view name);  // by name or alias, in any case

Error invalid_value(std::string message);
// The canonical text for these words, for directives of every kind.
Result<std::string> parse_value(const Directive& directive, std::span<const std::string> words,
                                const std::string& current);
void assign_value(const Directive& directive, const std::string& value, Settings& settings);

// "100mb" in bytes. Units: b, k, kb, m, mb, g, gb, in any case; k is 1000 and kb is 1024.
Result<std::int64_t> parse_memory(std::string_view text);

}  // namespace terrace
