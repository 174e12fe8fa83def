// What the list commands that pop share with those that wait for something to pop.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/list/list.h"

namespace terrace::commands {

// LEFT or RIGHT.
std::optional<types::ListEnd> list_end(std::string_view argument);

// Takes one element off a list that has one; the key goes with the last.
std::string pop_one(Context& context, std::string_view key, storage::Record* record, types::ListEnd end);

// From argument 1 to argument 2, and replies the element. False: nothing was there or allowed, that is replied.
bool move_element(Context& context, types::ListEnd from, types::ListEnd to);

struct ListPopping {
  types::ListEnd end;
  std::size_t most;
};

// LMPOP's arguments from the number of keys at `index` on; nothing: the error is replied.
struct MultiplePop {
  std::span<const std::string_view> keys;
  ListPopping popping;
};
std::optional<MultiplePop> multiple_pop_arguments(Context& context, std::size_t index);

// Pops from the first of these keys that is there, with reply and effect. False: none is, nothing is replied.
bool pop_first_list(Context& context, std::span<const std::string_view> keys, const ListPopping& popping);

}  // namespace terrace::commands
