// Cut: a consistent view of several databases at one instant, without copying and without stopping.
// Beginning a cut costs O(databases); from then on each chain of each index is shown to the reader once, as it was at
// that instant: by advance(), or earlier, right before the chain first changes.
// Ownership: shares the indexes, so that a database flushed meanwhile stays readable. Thread: the reactor's.
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
  // Must take what it needs now; what it says of the record (Keyspace::begin_writing) holds until its next change.
  // `walked`: by advance(), in the order of the chains, and not because it is about to change.
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
  bool walking_ = false;  // in advance()
};

}  // namespace terrace::storage
