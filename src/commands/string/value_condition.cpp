#include "src/commands/string/value_condition.h"

#include <xxhash.h>

#include "src/commands/shared/argument.h"
#include "src/text/ignoring_case.h"
#include "src/types/string/string.h"

namespace terrace {
namespace {

constexpr std::size_t kDigestDigits = 16;

}  // namespace

ValueCondition::Kind ValueCondition::kind_of(std::string_view word) {
  if (is_option(word, "IFEQ")) return Kind::kEqual;
  if (is_option(word, "IFNE")) return Kind::kDifferent;
  if (is_option(word, "IFDEQ")) return Kind::kDigestEqual;
  if (is_option(word, "IFDNE")) return Kind::kDigestDifferent;
  return Kind::kNone;
}

bool ValueCondition::valid() const {
  const bool of_digest = kind == Kind::kDigestEqual || kind == Kind::kDigestDifferent;
  return !of_digest || text.size() == kDigestDigits;
}

bool ValueCondition::holds(const storage::Record* record) const {
  switch (kind) {
    case Kind::kNone:
      return true;
    case Kind::kEqual:
      return record != nullptr && types::StringText(*record).view() == text;
    case Kind::kDifferent:
      return record == nullptr || types::StringText(*record).view() != text;
    case Kind::kDigestEqual:
      return record != nullptr && equals_ignoring_case(digest_of(*record), text);
    case Kind::kDigestDifferent:
      return record == nullptr || !equals_ignoring_case(digest_of(*record), text);
  }
  return false;
}

std::string digest_of(const storage::Record& string) {
  const types::StringText text(string);
  const std::uint64_t hash = XXH3_64bits(text.view().data(), text.view().size());
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[hash >> shift & 15];
  return digits;
}

}  // namespace terrace
