// LazyFree: frees objects that nothing refers to any more: small ones at once, large ones in slices in the background,
// because freeing ten million elements takes longer than a turn may. Until they are freed, they count as memory of
// records.
// Ownership: owns the objects it was given.
// Thread: the reactor's.
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

  // The object must not be counted in the statistics. If an image still needs the object, the serializer keeps it and
  // adds it again when the image is complete.
  void add(ObjectPointer object);
  // Waits until everything is freed.
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
