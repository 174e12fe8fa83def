// ValueStore: a keyspace that lives in memory alone, for values that are to be tried: no log, no segments, no reactor.
// Ownership: owns all; at its end nothing may be left that it counts. Thread: one.
#pragma once

#include <cstring>
#include <deque>
#include <string>
#include <utility>

#include "io/environment.h"
#include "src/types/encoding/value.h"
#include "storage/keyspace/database.h"
#include "tests/fuzz/memory_disk.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

// Time passes when it is asked for; whoever waits runs in run().
class QueueClock final : public io::Clock {
 public:
  std::int64_t wall_ms() const override { return 1'600'000'000'000 + now_us_ / 1000; }
  std::int64_t monotonic_us() const override { return ++now_us_; }
  void submit(io::Timer& timer) override { waiting_.push_back(timer.waiter); }
  void run() {
    while (!waiting_.empty()) {
      const std::coroutine_handle<> waiter = waiting_.front();
      waiting_.pop_front();
      waiter.resume();
    }
  }

 private:
  mutable std::int64_t now_us_ = 0;
  std::deque<std::coroutine_handle<>> waiting_;
};

class NoWorkers final : public io::Workers {
 public:
  void submit(io::WorkItem&) override { TERRACE_CHECK(false); }
};

class ValueStore {
 public:
  ValueStore() = default;
  ValueStore(const ValueStore&) = delete;
  ValueStore& operator=(const ValueStore&) = delete;
  ~ValueStore() {
    if (storage::Record* record = find()) erase(record);
    FUZZ_REQUIRE(statistics_.record_memory_bytes == 0,
                 std::to_string(statistics_.record_memory_bytes) + " bytes are left");
    FUZZ_REQUIRE(statistics_.dirty_memory_bytes == 0,
                 std::to_string(statistics_.dirty_memory_bytes) + " dirty bytes are left");
  }

  storage::Database& database() { return database_; }
  storage::Record* find() { return database_.find(key_, residents_, storage::Access::kWrite); }
  storage::Record* put(types::Value value) {
    if (value.object) {
      storage::Record* record = database_.insert(key_, residents_, value.type, storage::Encoding::kRaw, 0);
      return database_.overwrite(record, value.type, std::move(value.object), /*keep_expiry=*/false);
    }
    const auto size = static_cast<std::uint32_t>(value.bytes.size());
    storage::Record* record = database_.insert(key_, residents_, value.type, value.encoding, size);
    std::memcpy(record->value(), value.bytes.data(), size);
    return record;
  }
  void erase(storage::Record* record) {
    database_.erase(record);
    clock_.run();
  }
  // What is counted is what the record takes.
  void require_counted(const storage::Record* record) {
    const std::size_t takes = storage::Record::footprint(record);
    FUZZ_REQUIRE(statistics_.record_memory_bytes == takes, std::to_string(statistics_.record_memory_bytes) +
                                                               " bytes counted, " + std::to_string(takes) + " taken");
  }

 private:
  const storage::Key key_{"key"};
  MemoryDisk disk_;
  QueueClock clock_;
  NoWorkers workers_;
  io::Environment environment_{disk_, clock_, workers_, 1};
  storage::Statistics statistics_;
  storage::SegmentTable segments_{disk_, 1};
  storage::LazyFree lazy_free_{environment_, statistics_};
  storage::Database database_{segments_, statistics_, lazy_free_, 0};
  storage::FetchedRecords residents_;
};

}  // namespace terrace::fuzz
