// KeyWait: what a command waits for that has found nothing: the argument of Context::block().
//
// A blocking command has one handler and one row, as any other, and the flag kBlocking:
//
//   void bzpopmin(Context& context) {
//     ... read the options and the timeout; reply errors as usual
//     for (std::string_view key : context.candidates(keys)) {
//       ... if there is a member: pop it, reply, propagate the plain command, and return
//     }
//     context.block({.type = ValueType::kSortedSet, .keys = keys, .timeout_ms = *timeout});
//   }
//
// The client is queued at each of its keys. When a key has come to hold a value of this type, the handlers of its
// clients run again, in order of arrival, after the command that did it; the key is their only candidate. A handler
// that calls block() again keeps its place, and only `look_again_ms` of the new KeyWait counts. Context tells of keys
// that are created or removed. A command that makes a value grow in place (XADD) calls Context::extended(). The reply
// at the timeout is a null array.
// Ownership: `keys` are arguments of the command. Thread: the reactor's.
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
  // The handler runs again also when a key is removed or gets a value of another type (XREADGROUP: its group is gone).
  bool when_gone = false;
  // The handler runs again also after this time, and then names the next one (XREADGROUP with CLAIM); 0: it does not.
  std::int64_t look_again_ms = 0;
  // The arguments for the next run, as many as before and with the keys in the same places (XREAD, with the id that `$`
  // stood for); empty: those that came.
  std::vector<std::string> request = {};
};

}  // namespace terrace
