// Effect: one change of one database, as the simulation's clients make it, log it and replay it. An Entry is what one
// call logs: one effect, or several that stand or fall together; a unit is one entry, or several.
//
//   entry   | checksum u64 | size u32 | unit u8 | id u64 | effects u32 | effect ... |       size: of all behind it
//           unit: 1: begins a unit, 2: ends it, 3: is one
//   effect  | kind u8 | database u32 | amount i64 | key u32 + bytes | value u32 + bytes |
// Thread: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/record/record.h"

namespace terrace::simulation {

struct Effect {
  enum class Kind : std::uint8_t {
    kSet,          // value replaces; amount: expiry in ms, or kNoExpiry
    kAppend,       // value goes behind; an absent key is made
    kAdd,          // adds amount to a value of 8 bytes; anything else becomes the amount
    kPatch,        // value overwrites from byte `amount` on, as far as the old value reaches
    kExpire,       // amount: expiry in ms, or kNoExpiry
    kExpireParts,  // of an object: as kExpire, but for the first of its parts
    kDelete,
    kFlush,  // the database
    kSwap,   // database and `amount`
  };

  Kind kind = Kind::kSet;
  std::uint32_t database = 0;
  std::int64_t amount = 0;
  std::string key{};
  std::string value{};
  // What the store said when it was made; not logged. True: the key was absent then, although the model may still know
  // it with an expiry that has passed.
  bool was_absent = false;
};

struct Entry {
  std::uint64_t id = 0;  // grows by one with each append of a life
  std::vector<Effect> effects;
  bool begins_unit = true;
  bool ends_unit = true;
};

std::string encode(const Entry& entry);

// The head of an entry, enough to find its end.
struct EntryHead {
  static constexpr std::size_t kSize = 13;

  explicit EntryHead(std::string_view bytes);

  std::uint64_t size;  // of the whole entry
  bool begins_unit;
  bool ends_unit;
};

struct Decoded {
  enum class State : std::uint8_t { kWhole, kIncomplete, kBroken } state = State::kIncomplete;
  Entry entry;
  std::size_t size = 0;
};
Decoded decode(std::string_view bytes);

// What a value is after an effect on it; but for kDelete, kFlush and kSwap.
struct Value {
  std::string bytes;
  storage::Encoding encoding = storage::Encoding::kRaw;
  std::int64_t expiry_ms = storage::kNoExpiry;
  std::int64_t parts_expiry_ms = storage::kNoExpiry;

  bool parts_expired(std::int64_t now_ms) const {
    return parts_expiry_ms != storage::kNoExpiry && parts_expiry_ms <= now_ms;
  }
  bool expired(std::int64_t now_ms) const { return expiry_ms != storage::kNoExpiry && expiry_ms <= now_ms; }
  friend bool operator==(const Value&, const Value&) = default;
};
std::optional<Value> apply(const Effect& effect, const Value* old);

// For messages.
std::string describe(const Effect& effect);

}  // namespace terrace::simulation
