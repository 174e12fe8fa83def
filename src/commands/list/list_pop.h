// What the list commands that pop share with those that wait for an element.
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

// Removes one element of a list that is not empty and returns it. Removes the key with the last element.
std::string pop_one(Context& context, std::string_view key, storage::Record* record, types::ListEnd end);

// Moves an element from the list of argument 1 to that of argument 2 and replies it. False: nothing was moved; null or
// the error is replied.
bool move_element(Context& context, types::ListEnd from, types::ListEnd to);

struct ListPopping {
  types::ListEnd end;
  std::size_t most;
};

// The arguments of LMPOP from the number of keys at `index` on. Nothing: the error is replied.
struct MultiplePop {
  std::span<const std::string_view> keys;
  ListPopping popping;
};
std::optional<MultiplePop> multiple_pop_arguments(Context& context, std::size_t index);

// Pops from the first of these keys that exists, replies and propagates. False: none exists; nothing is replied.
bool pop_first_list(Context& context, std::span<const std::string_view> keys, const ListPopping& popping);

}  // namespace terrace::commands
