// SORT and SORT_RO: their options, and the patterns that name what they sort by and reply.
// Ownership: views into the command's arguments. Thread: plain functions, no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/context.h"

namespace terrace::commands {

// A pattern of BY or GET: "prefix*postfix" names a string for each element, "prefix*postfix->field" a field of a hash,
// "#" the element itself.
class SortPattern {
 public:
  explicit SortPattern(std::string_view text);

  // A pattern without '*' names no keys.
  bool names_keys() const { return names_keys_; }
  std::string key_for(std::string_view element) const;
  // The value of the element's key, for which Context::need() has returned true.
  std::optional<std::string> value_for(Context& context, const std::string& element) const;

 private:
  bool is_element_ = false;
  bool names_keys_ = false;
  std::string_view prefix_, postfix_, field_;
};

struct SortOptions {
  bool descending = false;
  bool by_text = false;               // ALPHA
  bool sorted = true;                 // false: BY a pattern without '*' keeps the order of the value
  std::optional<SortPattern> weight;  // BY
  std::vector<SortPattern> shown;     // GET
  std::int64_t offset = 0;
  std::int64_t count = -1;
  std::string_view target = {};
  bool stores = false;
};

// Nothing: the error is replied.
std::optional<SortOptions> sort_options(Context& context, bool may_store);

void sort(Context& context);
void sort_ro(Context& context);

// The index of the key behind STORE, 0 if there is none.
std::size_t sort_target(std::span<const std::string_view> arguments);

}  // namespace terrace::commands
