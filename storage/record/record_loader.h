// RecordLoader: decodes a record from its image as the image's bytes come. An object is built piece by piece, any other
// value when all bytes are there.
// Ownership: owns what it has built; borrows the decoder.
// Thread: the reactor's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/slice.h"
#include "io/task.h"
#include "storage/record/object.h"
#include "storage/record/record.h"

namespace terrace::storage {

class RecordLoader {
 public:
  // `image_size`: bytes of the whole image.
  RecordLoader(const ObjectDecoder* decoder, std::uint64_t image_size) : decoder_(decoder), image_size_(image_size) {}

  // The next bytes of the image. `slice` is the caller's.
  io::Task<Result<void>> add(std::string_view bytes, io::Slice& slice);
  // Called when all bytes were added.
  Result<RecordPointer> finish();

 private:
  void read_head();

  const ObjectDecoder* decoder_;
  std::uint64_t image_size_;
  std::string bytes_;  // not built from yet
  std::string head_;   // of an object's image: all but the value image
  std::unique_ptr<ObjectBuilder> builder_;
  bool headed_ = false;
};

}  // namespace terrace::storage
