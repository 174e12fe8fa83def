// RecordReader: reads records from segments. All locations of one fetch are read in parallel, with one device read a
// page; a page that is being read already is not read a second time.
// Ownership: borrows the segments.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/base/statistics.h"
#include "storage/record/fetched_records.h"
#include "storage/segment/large_run_reader.h"
#include "storage/segment/page.h"
#include "storage/segment/segment.h"
#include "storage/segment/segment_table.h"

namespace terrace::storage {

// Reads the first `read_ahead_pages` of the page or run that begins at `page` into `run`, and checks its first page.
// The segment must be pinned. An error names the file and the offset.
io::Task<Result<PageView>> read_first_pages(io::Disk& disk, Segment& segment, std::uint32_t page,
                                            std::uint32_t read_ahead_pages, AlignedBuffer& run,
                                            std::uint64_t* read_bytes);

// The verified records of one page, or one large record, with their own copy of the bytes: for walks over pages.
struct LoadedPage {
  std::unique_ptr<const char[]> raw;
  std::vector<std::string_view> images;
};
// Unpacks a whole run that passed check_page().
Result<LoadedPage> unpack_run(std::span<const std::byte> run, const PageView& view, const Dictionaries& dictionaries);
io::Task<Result<LoadedPage>> load_page(io::Disk& disk, Segment& segment, std::uint32_t page,
                                       std::uint32_t read_ahead_pages, std::uint64_t* read_bytes);
// The same; of a large record only as much of the image's beginning as parse_image() needs, in most cases one block.
io::Task<Result<LoadedPage>> load_heads(io::Disk& disk, Segment& segment, std::uint32_t page,
                                        std::uint64_t* read_bytes);
// Reads on until what was read of the image can be parsed.
io::Task<Result<std::string>> read_head(LargeRunReader& reader);

class RecordReader {
 public:
  RecordReader(const io::Environment& environment, SegmentTable& segments, Statistics& statistics, Ledger& ledger,
               const std::function<void(const Error&)>& report, const ObjectDecoder* decoder)
      : environment_(environment),
        segments_(segments),
        statistics_(statistics),
        ledger_(ledger),
        report_(report),
        decoder_(decoder) {}
  ~RecordReader() { TERRACE_CHECK(reads_.empty()); }

  // kHeads: records without their values (decode_head); of large records no more is read than that.
  enum class Extent : std::uint8_t { kValues, kHeads };
  // `locations` must stay valid until the task is done. The caller looks its keys up again afterwards, and fetches
  // again what is current and still missing.
  io::Task<Result<void>> fetch(std::span<const Location> locations, FetchedRecords& fetched_records,
                               Extent extent = Extent::kValues);

 private:
  // More reads than the device accepts at a time would only wait in the kernel, ahead of the log's writes.
  static constexpr std::uint64_t kMaxReadsInFlight = 512;
  // Of one fetch: enough to keep a device busy, few enough for another fetch's single read to be served soon. With 128 a
  // transaction of 10,000 cold keys is read 5 % faster, and others wait twice as long for their page (decision 45).
  static constexpr std::uint64_t kMaxReadsPerFetch = 64;

  // What one fetch wants of a page that is being read, for itself or for another fetch. Lies in that fetch's frame.
  struct Wanted {
    std::span<const Location> locations;
    FetchedRecords& fetched_records;
    Extent extent;
    Result<void> result;
    bool settled = false;
    Wanted* next = nullptr;
  };
  struct PageRead {
    Wanted* wanted = nullptr;
    io::Event finished;
  };

  io::Task<Result<void>> fetch_pages(std::span<const Location> locations, FetchedRecords& fetched_records,
                                     Extent extent);
  io::Task<Result<void>> fetch_page(std::span<const Location> of_one_page, FetchedRecords& fetched_records,
                                    Extent extent);
  void settle(Segment& segment, const Result<void>& result, PageRead& read);
  // A record whose run is longer than one read: it is read in slices. One of the waiting fetches gets it, the others
  // fetch again.
  io::Task<Result<void>> load_large(const Segment& segment, Location location, const PageView& view, AlignedBuffer run,
                                    PageRead& read);
  io::Task<Result<RecordPointer>> load_whole(LargeRunReader& reader, std::uint64_t raw_size);
  static io::Task<Result<RecordPointer>> load_head(LargeRunReader& reader);
  Result<void> admit(std::span<const std::byte> run, const PageView& view, const Segment& segment, std::uint32_t page,
                     PageRead& read);
  void admit_image(std::string_view bytes, std::uint32_t slot, Wanted& wanted);
  AlignedBuffer take_buffer();
  void give_back(AlignedBuffer buffer);

  const io::Environment& environment_;
  SegmentTable& segments_;
  Statistics& statistics_;
  Ledger& ledger_;
  std::function<void(const Error&)> report_;
  const ObjectDecoder* decoder_;                        // nullptr: the store has no large values
  std::unordered_map<std::uint64_t, PageRead*> reads_;  // by Location::page_bits
  std::vector<AlignedBuffer> idle_buffers_;             // each of one page
  io::Semaphore in_flight_{kMaxReadsInFlight};
};

}  // namespace terrace::storage
