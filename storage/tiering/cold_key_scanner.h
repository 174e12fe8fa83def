// ColdKeyScanner: finds cold keys that are to be removed: keys of which all or a part has expired, and in cache mode
// the keys of the least useful segment when the disk quota is full. A command removes them, and is logged like any
// other.
// Ownership: borrows the store's parts.
// Thread: the reactor's; one search of each kind at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/keyspace/database_set.h"
#include "storage/memory/ledger.h"
#include "storage/record/fetched_records.h"
#include "storage/tiering/segment_iterator.h"

namespace terrace::storage {

using NamedKeys = std::vector<std::pair<unsigned, std::string>>;  // database number, key

// What some pages hold of expired keys.
struct ExpiredKeys {
  explicit ExpiredKeys(Ledger& ledger) : heads(ledger) {}

  std::size_t pages = 0;     // that were read; 0: no page is due
  std::int64_t late_ms = 0;  // since the first of them was due
  NamedKeys whole;           // have expired
  FetchedRecords heads;      // of these: a command that removes them reads nothing
  NamedKeys parts;           // of these a part has expired
};

class ColdKeyScanner {
 public:
  ColdKeyScanner(const io::Environment& environment, DatabaseSet& databases, SegmentTable& segments,
                 Statistics& statistics, const std::function<void(const Error&)>& report)
      : environment_(environment),
        databases_(databases),
        segments_(segments),
        statistics_(statistics),
        report_(report) {}

  // Reads some of the pages that have a record of which all or a part has expired by `now_ms`, in the order of the disk.
  // What is still there at the next call, or when the store is opened again, is found again a second later.
  io::Task<void> find_expired(std::int64_t now_ms, ExpiredKeys& expired);
  // Appends the keys of the segment with the fewest live bytes that were not accessed; compaction moves the accessed
  // ones elsewhere. Appends whole pages, up to about `limit` keys. `only_expiring`: only keys with an expiry.
  io::Task<void> find_victims(bool only_expiring, std::size_t limit, NamedKeys& keys);

 private:
  struct DuePage {
    Segment* segment;
    std::uint32_t number;
    std::uint32_t page;
    Result<LoadedPage> loaded;
  };
  // A page whose expired records have been named.
  struct NamedPage {
    struct Record {
      std::uint32_t database;  // Keyspace::id
      std::uint64_t hash;
      Location location;
    };

    std::uint32_t segment;
    std::uint64_t serial;
    std::uint32_t page;
    ExpiryTick next = kNoTick;  // of the other records
    std::vector<Record> expired;
  };
  struct Reads {
    std::size_t left = 0;
    io::Event finished;
  };

  std::vector<DuePage> take_due(std::int64_t now_ms, std::int64_t& late_ms);
  static std::vector<std::span<DuePage>> runs_of(std::vector<DuePage>& pages);
  io::Task<void> load(std::span<DuePage> run, Reads& reads);
  void name_expired(const DuePage& due, std::int64_t now_ms, ExpiredKeys& expired);
  void settle_named();
  Segment* choose_victim() const;
  void name_untouched(const Segment& segment, const WalkedPage& page, bool only_expiring, NamedKeys& keys);

  const io::Environment& environment_;
  DatabaseSet& databases_;
  SegmentTable& segments_;
  Statistics& statistics_;
  std::function<void(const Error&)> report_;
  bool searching_ = false;
  std::vector<NamedPage> named_pages_;  // by the last call of find_expired()
  std::uint64_t last_victim_serial_ = 0;
  // The place in the current victim where the next call continues.
  std::uint64_t walked_serial_ = 0;
  std::uint32_t walked_page_ = 1;
};

}  // namespace terrace::storage
