#include "storage/keyspace/cut.h"

#include <algorithm>

namespace terrace::storage {

Cut::Cut(CutReader& reader, std::vector<CutDatabase> databases) : reader_(reader), databases_(std::move(databases)) {
  for (const CutDatabase& database : databases_) database.index->begin_cut(*this);
}

Cut::~Cut() {
  for (std::size_t i = current_; i < databases_.size(); ++i) databases_[i].index->abandon_cut();
}

bool Cut::advance(std::uint32_t chains) {
  if (current_ == databases_.size()) return true;
  walking_ = true;
  const bool done = databases_[current_].index->advance_cut(chains);
  walking_ = false;
  if (done) ++current_;
  return current_ == databases_.size();
}

void Cut::capture(Index& index, std::uint32_t chain) {
  const auto database = std::find_if(databases_.begin(), databases_.end(),
                                     [&index](const CutDatabase& item) { return item.index.get() == &index; });
  TERRACE_CHECK(database != databases_.end());
  index.visit_chain(chain, [&](IndexEntry& entry, std::uint64_t known_hash) {
    reader_.read(*database, entry, known_hash, walking_);
  });
}

}  // namespace terrace::storage
