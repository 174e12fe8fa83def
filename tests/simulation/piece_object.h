// PieceObject: the simulation's large value: a text in pieces, so that the store encodes, decodes and frees it step by
// step, of whose parts one may expire. Ownership: see storage::Object. Thread: the simulation's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/record/object.h"
#include "storage/record/record.h"

namespace terrace::simulation {

class PieceObject final : public storage::Object {
 public:
  static constexpr std::size_t kPieceBytes = 64;

  PieceObject(std::string_view text, storage::Encoding encoding, std::int64_t parts_expiry_ms);

  std::string text() const;
  // Of the value that stands for it in the model.
  storage::Encoding encoding() const { return encoding_; }
  // In place, and from where it differs on.
  void become(std::string_view text, storage::Encoding encoding, std::int64_t parts_expiry_ms);

  // One byte of encoding, then the pieces: varint size, bytes.
  std::int64_t parts_expiry_ms() const override { return parts_expiry_ms_; }
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;

 private:
  void add(std::string_view text);

  std::vector<std::string> pieces_;
  storage::Encoding encoding_;
  std::int64_t parts_expiry_ms_;
};

const storage::ObjectDecoder& piece_object_decoder();

}  // namespace terrace::simulation
