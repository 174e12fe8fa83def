#include "storage/keyspace/database_set.h"

#include <algorithm>

#include "io/activity.h"
#include "io/slice.h"

namespace terrace::storage {

namespace {

// Chains freed between two checks of the slice: some thousand records, well below a millisecond.
constexpr std::uint32_t kChainsPerStep = 16;

}  // namespace

DatabaseSet::DatabaseSet(const io::Environment& environment, SegmentTable& segments, Statistics& statistics,
                         unsigned count)
    : environment_(environment), segments_(segments), statistics_(statistics), lazy_free_(environment, statistics) {
  for (unsigned number = 0; number < count; ++number) {
    databases_.push_back(std::make_unique<Database>(segments, statistics, lazy_free_, next_id_));
    by_id_[next_id_++] = &databases_.back()->keyspace_;
  }
}

DatabaseSet::~DatabaseSet() {
  for (const auto& database : databases_) {
    Index& index = database->keyspace_.index();
    for (std::uint32_t chain = 0; chain < index.chain_count(); ++chain) {
      index.visit_chain(chain, [](IndexEntry& entry, std::uint64_t) {
        if (entry.is_hot()) Record::destroy(entry.record());
      });
    }
  }
}

unsigned DatabaseSet::number_of(const Keyspace& keyspace) const {
  const auto it = std::find_if(databases_.begin(), databases_.end(),
                               [&keyspace](const auto& item) { return &item->keyspace_ == &keyspace; });
  return static_cast<unsigned>(it - databases_.begin());
}

DatabaseSet::Totals DatabaseSet::totals() const {
  Totals totals;
  for (const auto& database : databases_) {
    const Index& index = database->keyspace_.index();
    totals.hot_keys += index.hot_count();
    totals.cold_keys += index.cold_count();
    totals.entries += index.entry_count();
    totals.index_bytes += index.memory_bytes();
  }
  return totals;
}

void DatabaseSet::swap(unsigned a, unsigned b) {
  std::swap(databases_[a], databases_[b]);
}

void DatabaseSet::flush(unsigned number) {
  Keyspace& keyspace = (*this)[number];
  if (keyspace.index().size() == 0) return;
  by_id_.erase(keyspace.id());
  detached_.push_back(keyspace.detach_index(next_id_));
  by_id_[next_id_++] = &keyspace;
  if (!freeing_) {
    freeing_ = true;
    io::spawn(free_detached());
  }
}

Result<void> DatabaseSet::assign_id(unsigned number, std::uint32_t id) {
  if (number >= databases_.size()) {
    return Error{ErrorCode::kInvalid, "the store has a database " + std::to_string(number) +
                                          ", 'databases' allows only " + std::to_string(databases_.size())};
  }
  Keyspace& keyspace = (*this)[number];
  if (Keyspace* other = by_id(id); other && other != &keyspace) {
    // The other database gets its own id later; until then it takes a fresh one.
    by_id_.erase(id);
    other->detach_index(next_id_);
    by_id_[next_id_++] = other;
  }
  by_id_.erase(keyspace.id());
  keyspace.detach_index(id);
  by_id_[id] = &keyspace;
  next_id_ = std::max(next_id_, id + 1);
  return {};
}

std::vector<CutDatabase> DatabaseSet::for_cut() const {
  std::vector<CutDatabase> databases;
  for (unsigned number = 0; number < count(); ++number) {
    const Keyspace& keyspace = (*this)[number];
    databases.push_back({number, keyspace.id(), keyspace.share_index()});
  }
  return databases;
}

void DatabaseSet::free_chain(Index& index, std::uint32_t chain) {
  index.visit_chain(chain, [this](IndexEntry& entry, std::uint64_t) {
    if (entry.is_witness()) return;
    if (entry.is_overwritten()) segments_.drop_overwritten(entry.location());
    if (!entry.is_hot()) {
      segments_.drop_live(entry.location());
      return;
    }
    Record* record = entry.record();
    const std::uint64_t bytes = Record::footprint(record);
    statistics_.record_memory_bytes -= bytes;
    if (record->clean()) {
      segments_.drop_live(record->location());
    } else {
      statistics_.dirty_memory_bytes -= bytes;
    }
    if (ObjectPointer object = record->take_object()) {
      object->count_out();
      lazy_free_.add(std::move(object));
    }
    Record::destroy(record);
  });
}

io::Task<void> DatabaseSet::free_detached() {
  const io::Gate::Holder holder = tasks_.hold();
  while (!detached_.empty()) {
    const std::shared_ptr<Index> index = detached_.front();
    // A cut that began before the flush still reads it.
    while (index->observed()) co_await environment_.clock.sleep_ms(1);
    io::Slice slice(environment_.clock);
    for (std::uint32_t chain = 0; chain < index->chain_count();) {
      {
        const io::Activity activity("lazyfree");
        const std::uint32_t end = std::min(chain + kChainsPerStep, index->chain_count());
        for (; chain < end; ++chain) free_chain(*index, chain);
      }
      if (slice.over()) co_await slice.next();
    }
    detached_.pop_front();
  }
  freeing_ = false;
}

io::Task<void> DatabaseSet::drain() {
  while (!tasks_.idle()) co_await tasks_.wait();
  co_await lazy_free_.drain();
}

}  // namespace terrace::storage
