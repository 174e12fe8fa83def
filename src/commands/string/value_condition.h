// ValueCondition: IFEQ, IFNE, IFDEQ, IFDNE of SET and DELEX: what a key's string must be, itself or its digest (XXH3 of 64
// bits as 16 hexadecimal digits, as DIGEST tells it).
// Ownership: value; borrows the arguments. Thread: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/record/record.h"

namespace terrace {

struct ValueCondition {
  enum class Kind : std::uint8_t { kNone, kEqual, kDifferent, kDigestEqual, kDigestDifferent };

  // kNone: the word is none of them.
  static Kind kind_of(std::string_view word);

  Kind kind = Kind::kNone;
  std::string_view text = {};

  explicit operator bool() const { return kind != Kind::kNone; }
  // The length of a digest is all that Redis checks.
  bool valid() const;
  // `record`: a string, or nullptr for an absent key, which differs from all.
  bool holds(const storage::Record* record) const;
};

std::string digest_of(const storage::Record& string);

}  // namespace terrace
