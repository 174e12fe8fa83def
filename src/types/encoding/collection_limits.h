// CollectionLimits: the limits for packed collections, as Redis' directives of the same names.
// Thread: a plain value.
#pragma once

#include <cstdint>

namespace terrace::types {

struct CollectionLimits {
  std::int64_t hash_max_listpack_entries = 512;
  std::int64_t hash_max_listpack_value = 64;  // bytes of a field or value
  std::int64_t hll_sparse_max_bytes = 3000;   // of a HyperLogLog in its sparse form
  std::int64_t set_max_intset_entries = 512;
  std::int64_t set_max_listpack_entries = 128;
  std::int64_t set_max_listpack_value = 64;  // bytes of a member
  std::int64_t zset_max_listpack_entries = 128;
  std::int64_t zset_max_listpack_value = 64;                   // bytes of a member
  std::int64_t list_max_listpack_size = -2;                    // elements of a node; -1 to -5: 4 to 64 KiB of one
  std::int64_t list_packed_threshold = std::int64_t{1} << 30;  // bytes; a larger element has a node alone
  std::int64_t stream_node_max_bytes = 4096;                   // 0: no limit; so is the next
  std::int64_t stream_node_max_entries = 100;
};

}  // namespace terrace::types
