// KeyWait: what a command that has found nothing waits for, as a blocking handler tells Context::block().
//
// A blocking command is one handler and one row, with the flag kBlocking, as any other:
//
//   void bzpopmin(Context& context) {
//     ... read options, then the timeout; each error is replied as ever
//     for (std::string_view key : context.candidates(keys)) { ... found: pop, reply, propagate as the plain command;
//     return; } context.block({.type = ValueType::kSortedSet, .keys = keys, .timeout_ms = *timeout});
//   }
//
// The client keeps its place in the queue of each of its keys. After every command, whoever waits for a key that has
// come to hold a value of that type has its handler run again, in order of arrival, with that key as the one candidate;
// if it calls block() again, it stays where it is, and what it says then does not count. Context tells by itself of
// keys that come to be and go; a command that adds to a value others may wait for the growth of (XADD) calls
// Context::key_ready(). When the time is over the reply is a null array.
// Ownership: `keys` are among the command's arguments. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/record/record.h"

namespace terrace {

struct KeyWait {
  storage::ValueType type = storage::ValueType::kString;
  std::span<const std::string_view> keys = {};
  std::int64_t timeout_ms = 0;  // 0: none
  // Run again also when a key has gone or holds something else (XREADGROUP, whose group is gone then).
  bool when_gone = false;
  // Run again in this form, of as many arguments, keys where they were (XREAD with the id that `$` was); empty: as it
  // came.
  std::vector<std::string> request = {};
};

}  // namespace terrace
