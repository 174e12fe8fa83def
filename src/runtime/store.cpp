#include "src/runtime/store.h"

namespace terrace {

Store::Store(OpenDisk open_disk, std::unique_ptr<io::Disk> disk, io::Clock& clock, io::Workers& workers,
             std::uint64_t seed, const storage::Options& options)
    : open_disk_(std::move(open_disk)),
      disk_(std::move(disk)),
      clock_(clock),
      workers_(workers),
      seed_(seed),
      options_(options) {
  make_engine();
}

Store::~Store() = default;

void Store::make_engine() {
  engine_ = std::make_unique<storage::Engine>(io::Environment{*disk_, clock_, workers_, seed_++}, options_, ledger_);
}

io::Task<Result<void>> Store::open(storage::LogApplier& applier) {
  Result<void> opened = co_await engine_->open(applier);
  open_ = opened.ok();
  loading_ = !open_;
  keys_loaded_ = 0;
  for (unsigned i = 0; open_ && i < engine_->database_count(); ++i) keys_loaded_ += engine_->database(i).size();
  co_return opened;
}

io::Task<Result<void>> Store::close(bool checkpoint) {
  loading_ = true;
  if (!open_) co_return Result<void>();
  open_ = false;
  co_return co_await engine_->close(checkpoint);
}

io::Task<Result<void>> Store::reload(storage::LogApplier& applier, bool checkpoint) {
  Result<void> closed = co_await close(checkpoint);
  if (!closed.ok()) co_return closed;
  engine_.reset();
  disk_.reset();
  auto disk = open_disk_();
  if (!disk.ok()) co_return disk.error();
  disk_ = std::move(*disk);
  make_engine();
  co_return co_await open(applier);
}

void Store::reconfigure(const storage::Options& options) {
  const std::size_t files = options_.open_segment_files;
  options_ = options;
  options_.open_segment_files = files;
  if (open_) engine_->reconfigure(options_);
}

void Store::set_open_segment_files(std::size_t files) {
  options_.open_segment_files = files;
  engine_->set_open_segment_files(files);
}

}  // namespace terrace
