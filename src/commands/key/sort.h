// SORT and SORT_RO: their options, and where they find what they sort by and show.
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

// "prefix*postfix" names a string for each element, "prefix*postfix->field" a hash's field, "#" the element itself.
class SortPattern {
 public:
  explicit SortPattern(std::string_view text);

  // Without a '*' it names nothing.
  bool names_keys() const { return names_keys_; }
  std::string key_for(std::string_view element) const;
  // What the element's key holds, once Context::need() said that it is there.
  std::optional<std::string> value_for(Context& context, const std::string& element) const;

 private:
  bool is_element_ = false;
  bool names_keys_ = false;
  std::string_view prefix_, postfix_, field_;
};

struct SortOptions {
  bool descending = false;
  bool by_text = false;               // ALPHA
  bool sorted = true;                 // false: BY a pattern without '*', the order is the value's own
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

// The index of STORE's key, 0 if there is none.
std::size_t sort_target(std::span<const std::string_view> arguments);

}  // namespace terrace::commands
