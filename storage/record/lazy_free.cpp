#include "storage/record/lazy_free.h"

#include "storage/base/limits.h"

namespace terrace::storage {

namespace {

// Objects up to this size are freed at once: it takes about as long as the command that deleted them.
constexpr std::size_t kAtOnceBytes = kTinyLimits ? 4 * kKiB : 64 * kKiB;
// Some hundred small allocations, well below a tenth of a millisecond; after each step the clock is checked.
constexpr std::size_t kStepBytes = kTinyLimits ? 1 * kKiB : 128 * kKiB;
constexpr std::int64_t kSliceUs = 500;

}  // namespace

void LazyFree::add(ObjectPointer object) {
  if (Object::keep_for_image(object)) return;
  if (object->footprint_bytes() <= kAtOnceBytes) return;
  statistics_.record_memory_bytes += object->footprint_bytes();
  objects_.push_back(std::move(object));
  ++statistics_.lazy_free_pending;
  if (running_) return;
  running_ = true;
  io::spawn(run());
}

io::Task<void> LazyFree::run() {
  const io::Gate::Holder holder = tasks_.hold();
  // Not within the command that deleted the object.
  co_await environment_.clock.yield();
  while (!objects_.empty()) {
    const std::int64_t slice_end_us = environment_.clock.monotonic_us() + kSliceUs;
    do {
      Object& object = *objects_.front();
      const std::size_t before = object.footprint_bytes();
      const bool empty = object.discard(kStepBytes);
      const std::size_t left = empty ? 0 : object.footprint_bytes();
      statistics_.record_memory_bytes -= before - left;
      if (!empty) continue;
      objects_.pop_front();
      --statistics_.lazy_free_pending;
      ++statistics_.lazily_freed;
    } while (!objects_.empty() && environment_.clock.monotonic_us() < slice_end_us);
    if (!objects_.empty()) co_await environment_.clock.yield();
  }
  running_ = false;
}

io::Task<void> LazyFree::drain() {
  while (!tasks_.idle()) co_await tasks_.wait();
}

}  // namespace terrace::storage
