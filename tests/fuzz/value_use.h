// What commands do of a value, and what must hold of it then: all elements in both orders, look-ups of present and
// absent ones, ranges, scans, choices by chance agree with each other; changes follow a model.
// Thread: one.
#pragma once

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/random.h"
#include "storage/record/record.h"
#include "tests/fuzz/value_store.h"

namespace terrace::fuzz {

void read_value(const storage::Record& record, types::Random& random);
// Some changes; nullptr: nothing is left, and the record is erased.
storage::Record* change_value(ValueStore& store, storage::Record* record, const types::CollectionLimits& limits,
                              types::Random& random);

// Of streams, in stream_use.cpp.
void read_stream(const storage::Record& record, types::Random& random);
void change_stream(storage::Record* record, const types::CollectionLimits& limits, types::Random& random);

}  // namespace terrace::fuzz
