#include "storage/tiering/name_walk.h"

#include <algorithm>

namespace terrace::storage {

namespace {

// Gathered before they are read: 4 MiB of locations. The more, the more names a page gives when it is read.
constexpr std::size_t kGathered = kTinyLimits ? 256 : 512 * kKiB;
// Pages whose records are in memory at a time. Of a large record its read-ahead counts, which bounds long names as well.
constexpr std::size_t kPagesTogether = kTinyLimits ? 16 : 256;
// Visits, and bytes of names, before the clock is asked: well below a millisecond of work.
constexpr std::size_t kVisitsPerStep = 128;
constexpr std::size_t kNameBytesPerStep = 16 * kKiB;

}  // namespace

bool NameWalk::gather(const io::Slice& slice, const Visit& visit) {
  const Index& index = databases_[number_].index();
  gathered_.reserve(std::min<std::uint64_t>(kGathered, index.cold_count() + index.overwritten_count()));
  charge_.resize(gathered_.capacity() * sizeof(Location));
  do {
    if (done() || gathered_.size() >= kGathered) return true;
    begun_ = true;
    gather_chain(index, index.chain_at(cursor_), visit);
    cursor_ = index.next_cursor(cursor_);
  } while (!slice.over());
  return false;
}

void NameWalk::gather_chain(const Index& index, std::uint32_t chain, const Visit& visit) {
  index.visit_chain(chain, [&](const IndexEntry& entry, std::uint64_t known_hash) {
    if (entry.is_hot()) return visit(*entry.record());
    if (entry.is_witness()) return;
    add(entry.location());
    if (!entry.is_overwritten()) return;
    const Index::Position witness = index.find(known_hash, [](Index::Position at) { return at->is_witness(); });
    witnesses_.emplace(entry.location(), *witness);
  });
}

void NameWalk::add(Location location) {
  gathered_.push_back(location);
  if (held_.contains(location.segment())) return;
  held_.emplace(location.segment(), SegmentTable::Hold(segments_.find(location.segment())));
}

io::Task<Result<void>> NameWalk::read(const Visit& visit) {
  co_await environment_.workers.run([this] {
    std::sort(gathered_.begin(), gathered_.end(), [](Location a, Location b) { return a.bits() < b.bits(); });
  });
  Result<void> result;
  for (std::size_t begin = 0; begin < gathered_.size() && result.ok();) {
    std::size_t end = begin;
    for (std::size_t pages = 0; end < gathered_.size(); ++end) {
      const bool same_page = end > begin && gathered_[end].page_bits() == gathered_[end - 1].page_bits();
      if (!same_page && pages >= kPagesTogether) break;
      if (!same_page) pages += gathered_[end].read_pages();
    }
    result = co_await read_some(std::span<const Location>(gathered_).subspan(begin, end - begin), visit);
    begin = end;
  }
  gathered_.clear();
  witnesses_.clear();
  held_.clear();
  co_return result;
}

io::Task<Result<void>> NameWalk::read_some(std::span<const Location> locations, const Visit& visit) {
  FetchedRecords heads(ledger_);
  std::vector<Location> missing(locations.begin(), locations.end());
  while (!missing.empty()) {
    Result<void> fetched = co_await reader_.fetch(missing, heads, RecordReader::Extent::kHeads);
    if (!fetched.ok()) co_return fetched;
    // A large record that another fetch was reading has gone to that one.
    std::erase_if(missing, [&heads](Location location) { return heads.find(location) != nullptr; });
  }
  io::Slice slice(environment_.clock);
  std::size_t visits = 0;
  std::size_t name_bytes = 0;
  for (const Location location : locations) {
    const Record& record = *heads.find(location);
    if (is_key(location, record)) visit(record);
    name_bytes += record.key().size();
    if (++visits < kVisitsPerStep && name_bytes < kNameBytesPerStep) continue;
    visits = name_bytes = 0;
    if (slice.over()) co_await slice.next();
  }
  co_return Result<void>();
}

// Whether the image is a key's: not the old one of a key that was overwritten.
bool NameWalk::is_key(Location location, const Record& record) const {
  const auto at = witnesses_.find(location);
  return at == witnesses_.end() || !at->second.witnesses(Key(record.key()).second_hash());
}

}  // namespace terrace::storage
