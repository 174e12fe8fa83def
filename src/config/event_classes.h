// EventClass: the classes of events of keys that `notify-keyspace-events` chooses, with Redis' letters.
// Ownership: constants. Thread: any.
#pragma once

#include <cstdint>

namespace terrace {

using EventClasses = std::uint32_t;

enum EventClass : EventClasses {
  kEventGeneric = 1u << 0,    // g: DEL, EXPIRE, RENAME, ...
  kEventString = 1u << 1,     // $
  kEventList = 1u << 2,       // l
  kEventSet = 1u << 3,        // s
  kEventHash = 1u << 4,       // h
  kEventSortedSet = 1u << 5,  // z
  kEventExpired = 1u << 6,    // x
  kEventEvicted = 1u << 7,    // e: removed to keep a quota; what goes to disk is no event
  kEventStream = 1u << 8,     // t
  kEventModule = 1u << 9,     // d: there are no modules
  kEventMiss = 1u << 10,      // m: a read did not find the key
  kEventNew = 1u << 11,       // n: a key was created
  kTellKeyspace = 1u << 12,   // K: to the key's channel
  kTellKeyevent = 1u << 13,   // E: to the event's channel
};

}  // namespace terrace
