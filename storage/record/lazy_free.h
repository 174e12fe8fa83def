// LazyFree: frees objects that nobody refers to any more. Small ones at once, large ones in slices behind, for freeing
// ten million elements takes longer than a turn may. Until they are freed they count as the memory of records.
// Ownership: owns what it was given. Thread: the reactor's.
#pragma once

#include <deque>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/base/statistics.h"
#include "storage/record/object.h"

namespace terrace::storage {

class LazyFree {
 public:
  LazyFree(const io::Environment& environment, Statistics& statistics)
      : environment_(environment), statistics_(statistics) {}

  // The object is not counted in the statistics (any more). One whose image is still needed comes again when it is
  // made.
  void add(ObjectPointer object);
  // Waits until all is freed.
  io::Task<void> drain();

 private:
  io::Task<void> run();

  const io::Environment& environment_;
  Statistics& statistics_;
  std::deque<ObjectPointer> objects_;
  bool running_ = false;
  io::Gate tasks_;
};

}  // namespace terrace::storage
