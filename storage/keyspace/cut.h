// Cut: a consistent view of several databases at one instant, without copying them and without a pause. To begin a cut
// costs O(databases). From then on the reader is shown each chain of each index once, as it was at that instant: by
// advance(), or earlier, right before the chain first changes.
// Ownership: shares the indexes, so that a database stays readable after a flush.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/index/index.h"

namespace terrace::storage {

struct CutDatabase {
  unsigned number = 0;
  std::uint32_t id = 0;
  std::shared_ptr<Index> index;
};

class CutReader {
 public:
  virtual ~CutReader() = default;
  // Must take what it needs now. What it marks in the record (Keyspace::begin_writing) holds until the record's next
  // change.
  // `walked`: called by advance(), in the order of the chains, and not because the chain is about to change.
  virtual void read(const CutDatabase& database, IndexEntry& entry, std::uint64_t known_hash, bool walked) = 0;
};

class Cut final : ChainObserver {
 public:
  Cut(CutReader& reader, std::vector<CutDatabase> databases);
  ~Cut() override;
  Cut(const Cut&) = delete;
  Cut& operator=(const Cut&) = delete;

  // Captures up to `chains` further chains; true when all are captured.
  bool advance(std::uint32_t chains);
  const std::vector<CutDatabase>& databases() const { return databases_; }

 private:
  void capture(Index& index, std::uint32_t chain) override;

  CutReader& reader_;
  std::vector<CutDatabase> databases_;
  std::size_t current_ = 0;
  bool walking_ = false;  // advance() is running
};

}  // namespace terrace::storage
