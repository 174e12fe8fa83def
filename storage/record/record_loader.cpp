#include "storage/record/record_loader.h"

#include "io/activity.h"
#include "storage/record/image.h"

namespace terrace::storage {

io::Task<Result<void>> RecordLoader::add(std::string_view bytes, io::Slice& slice) {
  bytes_ += bytes;
  if (!headed_) read_head();
  if (!builder_) co_return Result<void>();
  std::size_t taken = 0;
  for (std::size_t step = kImageStepSize;;) {
    {
      const io::Activity activity("load");
      const std::string_view piece = std::string_view(bytes_).substr(taken, step);
      const Result<std::size_t> size = builder_->take(piece);
      if (!size.ok()) co_return size.error();
      // An incomplete element, which may have more bytes in what was added.
      if (*size == 0 && taken + piece.size() == bytes_.size()) break;
      step = *size == 0 ? step * 2 : kImageStepSize;
      taken += *size;
    }
    if (slice.over()) co_await slice.next();
  }
  bytes_.erase(0, taken);
  co_return Result<void>();
}

void RecordLoader::read_head() {
  const Result<ImageView> image = parse_image(bytes_);
  if (!image.ok()) return;  // more must come; if nothing does, finish() returns the error
  headed_ = true;
  if (image->encoding == Encoding::kObject && decoder_)
    builder_ = decoder_->builder(image->type, image->parts_expiry_ms);
  if (!builder_) {
    bytes_.reserve(image_size_);
    return;
  }
  head_ = bytes_.substr(0, bytes_.size() - image->value.size());
  bytes_.erase(0, head_.size());
}

Result<RecordPointer> RecordLoader::finish() {
  const Result<ImageView> image = parse_image(builder_ ? std::string_view(head_) : std::string_view(bytes_));
  if (!image.ok()) return image.error();
  if (!builder_) return decode_image(*image, decoder_);
  Result<ObjectPointer> object = builder_->finish(bytes_);
  if (!object.ok()) return object.error();
  return make_object_record(*image, std::move(*object));
}

}  // namespace terrace::storage
