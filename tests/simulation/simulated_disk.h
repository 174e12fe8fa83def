// SimulatedDisk: io::Disk over Media, for one life of the store. The fault model:
//
//   - Operations take random times and so complete in any order. An operation takes effect when it completes; at a
//     power cut each one in flight has happened or not.
//   - What completed but was not synced survives a power cut in part; see Media.
//   - kWriteSync makes its own bytes durable, and only those, after the write has completed; a short write is not made
//     durable (-ECANCELED).
//   - Faults (see Faults) strike at random: errors, short transfers, junk in the buffer of a failed or short read, part
//     of the sectors of a failed write written nevertheless, slowness. A full device fails what would grow.
//   - Two reads or writes of one place that overlap in time are not ordered.
//
// Breaches of the contract of io::Disk end the process: a buffer that changes while it is written, offsets, sizes or
// addresses that are not whole sectors, a write to a file opened for reading, a handle that is closed.
// Not modelled: misdirected writes, stale reads by the device, loss of what was synced, other writers.
// Ownership: refers to World and Media. Handles are its own; at a power cut it is leaked with all that waits for it.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/disk.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/media.h"
#include "tests/simulation/world.h"

namespace terrace::simulation {

class SimulatedDisk : public io::Disk {
 public:
  SimulatedDisk(World& world, Media& media) : world_(world), media_(media) {}
  ~SimulatedDisk() override;
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  void submit(io::DiskRequest& request) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<std::uint64_t> file_size(const std::string& path) override;
  Result<void> make_directory(const std::string& path) override;
  Result<void> lock(const std::string& path) override;
  Result<Space> space() override;

  void set_faults(const Faults& faults) { faults_ = faults; }
  // For sweeps: one call goes wrong, whatever the Faults say: with this errno, or as a short transfer. Calls are numbered
  // from 1: operations as they start (the write and the sync of a kWriteSync one by one) and the synchronous ones. A call
  // that cannot go wrong in this way (a close; anything but a transfer cut short) goes well.
  static constexpr int kShortTransfer = 0;
  void fail_call(std::uint64_t number, int error_number);
  std::uint64_t calls() const { return calls_; }
  // What the call was that went wrong.
  struct FailedCall {
    std::optional<io::DiskOp> op;  // nothing: a synchronous call
    std::string path;
    bool written = false;  // to the file, before
  };
  const std::optional<FailedCall>& failed_call() const { return failed_call_; }
  // Until it is 0 again, every operation on a name (open, rename, unlink, sync of a directory) fails with this errno.
  void obstruct_names(int error_number) { name_error_ = error_number; }
  // Above 1: a slower device.
  void set_latency_scale(double scale) { latency_scale_ = scale; }
  // The process is killed: decides what of the operations in flight happened. No event of this life may run afterwards.
  // If the power goes too, Media::crash() is to follow.
  void abandon();

  // A byte of a log frame behind which the store has synced so many others that it must know the frame was durable.
  struct Place {
    Media::FilePointer file;
    std::uint64_t offset = 0;
  };
  std::optional<Place> old_log_byte(Random& random) const;

  struct Counts {
    std::uint64_t operations = 0;
    std::uint64_t reads = 0;
    std::uint64_t writes = 0;
    std::uint64_t syncs = 0;
    std::uint64_t failed = 0;  // by a fault
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
  };
  const Counts& counts() const { return counts_; }
  std::uint64_t handles_open() const;
  // Called with the words of each operation as it ends; for --verbose.
  void set_observer(std::function<void(const std::string&)> observer) { observer_ = std::move(observer); }

 private:
  struct Handle {
    Media::FilePointer file;
    std::string path;
    bool writable = false;
    unsigned in_flight = 0;
    bool written = false;
  };
  struct Operation {
    SimulatedDisk* disk;
    io::DiskRequest* request;
    std::uint64_t checksum;  // of what is to be written
    std::uint64_t mark;      // of a sync: what it covers
    bool syncing;            // the second half of kWriteSync
    std::size_t place;       // among operations_
    std::uint64_t call = 0;  // its number
  };

  static void complete(void* object);
  void check_request(const io::DiskRequest& request) const;
  void start(Operation* operation);
  std::int64_t latency_us(io::DiskOp op, std::uint64_t size);
  void finish(Operation* operation);
  // Sets the results; true if the operation goes on with its sync.
  bool perform(Operation& operation);
  bool perform_in_this_weather(Operation& operation);
  FailedCall describe(const Operation& operation) const;
  // Counts a synchronous call; its error if it is the one that goes wrong.
  std::optional<Error> call_fails(const std::string& path);
  std::int32_t end_read(io::DiskRequest& request);
  std::int32_t end_write(Operation& operation);
  std::int32_t end_sync(const Handle& target, std::uint64_t mark, std::uint64_t offset = 0,
                        std::uint64_t size = ~std::uint64_t{0});
  std::int32_t end_open(io::DiskRequest& request);
  std::int32_t end_close(io::DiskRequest& request);
  std::int32_t end_allocate(io::DiskRequest& request);
  std::int32_t end_truncate(io::DiskRequest& request);
  std::int32_t end_rename(io::DiskRequest& request);
  std::int32_t end_unlink(io::DiskRequest& request);
  std::int32_t end_sync_directory(io::DiskRequest& request, std::uint64_t mark);
  bool fault(double probability);
  // Writes some of the sectors.
  void write_in_part(Media::File& file, const io::DiskRequest& request);
  // A request of a life that is over, as far as it got.
  void perform_at_crash(Operation& operation);
  Handle& handle(io::FileHandle file);
  const Handle& handle(io::FileHandle file) const;
  void observe(const Operation& operation);
  void remember_log_write(const Handle& handle, const io::DiskRequest& request, std::uint64_t size);

  struct LogWrite {
    Media::FilePointer file;
    std::uint64_t offset;
    std::uint64_t size;
    std::uint64_t log_syncs;  // before it
  };

  World& world_;
  Media& media_;
  Faults faults_;
  std::uint64_t calls_ = 0;
  std::uint64_t chosen_call_ = 0;
  int chosen_error_ = kShortTransfer;
  std::optional<FailedCall> failed_call_;
  int name_error_ = 0;
  double latency_scale_ = 1;
  bool locked_ = false;
  bool abandoned_ = false;
  Counts counts_;
  std::vector<Handle> handles_;
  std::vector<Operation*> operations_;  // in flight
  std::uint64_t log_syncs_ = 0;
  std::deque<LogWrite> log_writes_;  // the last ones
  std::function<void(const std::string&)> observer_;
};

}  // namespace terrace::simulation
