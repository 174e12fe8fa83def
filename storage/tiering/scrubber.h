// Scrubber: reads every segment again within the configured number of days, so that bit rot is found while copies still
// exist. A bad page is counted and reported; compaction skips its segment.
// Ownership: borrows the store's parts.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>

#include "io/environment.h"
#include "storage/tiering/segment_iterator.h"

namespace terrace::storage {

class Scrubber {
 public:
  Scrubber(const io::Environment& environment, SegmentTable& segments, Statistics& statistics,
           const std::function<void(const Error&)>& report)
      : environment_(environment), segments_(segments), statistics_(statistics), report_(report) {}

  void set_days(unsigned days) { days_ = days; }
  // Called about once a second; reads as many pages as are due. 0 days: none.
  io::Task<void> tick();

 private:
  io::Task<void> scrub_segment(Segment& segment);

  const io::Environment& environment_;
  SegmentTable& segments_;
  Statistics& statistics_;
  std::function<void(const Error&)> report_;
  unsigned days_ = 0;
  bool running_ = false;
  std::uint64_t next_serial_ = 0;
  double due_pages_ = 0;
};

}  // namespace terrace::storage
