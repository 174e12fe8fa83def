// ColdKeyScanner: finds cold keys that are to be removed: keys of which all or a part has expired, and in cache mode
// the keys of the least useful segment when the disk quota is full. A command removes them, and is logged like any
// other.
// Ownership: borrows the store's parts.
// Thread: the reactor's; one search of each kind at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "io/environment.h"
#include "io/task.h"
#include "storage/keyspace/database_set.h"
#include "storage/tiering/segment_iterator.h"

namespace terrace::storage {

using NamedKeys = std::vector<std::pair<unsigned, std::string>>;  // database number, key

class ColdKeyScanner {
 public:
  ColdKeyScanner(const io::Environment& environment, DatabaseSet& databases, SegmentTable& segments,
                 Statistics& statistics, const std::function<void(const Error&)>& report)
      : environment_(environment),
        databases_(databases),
        segments_(segments),
        statistics_(statistics),
        report_(report) {}

  // Reads only pages with a record of which all or a part has expired by `now_ms`; appends up to about `limit` keys.
  io::Task<void> find_expired(std::int64_t now_ms, std::size_t limit, NamedKeys& keys);
  // Appends the keys of the segment with the fewest live bytes that were not accessed; compaction moves the accessed
  // ones elsewhere. Appends whole pages, up to about `limit` keys. `only_expiring`: only keys with an expiry.
  io::Task<void> find_victims(bool only_expiring, std::size_t limit, NamedKeys& keys);

 private:
  io::Task<void> expired_of_page(Segment& segment, std::uint32_t page, std::int64_t now_ms, NamedKeys& keys);
  Segment* choose_victim() const;
  void name_untouched(const Segment& segment, const WalkedPage& page, bool only_expiring, NamedKeys& keys);

  const io::Environment& environment_;
  DatabaseSet& databases_;
  SegmentTable& segments_;
  Statistics& statistics_;
  std::function<void(const Error&)> report_;
  bool searching_ = false;
  std::uint64_t last_victim_serial_ = 0;
  // The place in the current victim where the next call continues.
  std::uint64_t walked_serial_ = 0;
  std::uint32_t walked_page_ = 1;
};

}  // namespace terrace::storage
