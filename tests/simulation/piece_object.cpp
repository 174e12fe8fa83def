#include "tests/simulation/piece_object.h"

#include "storage/base/varint.h"

namespace terrace::simulation {

namespace {

constexpr std::ptrdiff_t kPieceFootprint = PieceObject::kPieceBytes + sizeof(std::string);

class Builder final : public storage::ObjectBuilder {
 public:
  explicit Builder(std::int64_t parts_expiry_ms) : parts_expiry_ms_(parts_expiry_ms) {}

 private:
  Result<std::size_t> take(std::string_view bytes) override {
    storage::ByteReader reader(bytes);
    std::size_t taken = 0;
    if (!begun_) {
      encoding_ = reader.fixed<storage::Encoding>();
      if (!reader.ok()) return taken;
      begun_ = true;
      taken = bytes.size() - reader.remaining();
    }
    while (true) {
      const std::string_view piece = reader.take(reader.varint());
      if (!reader.ok()) return taken;
      if (piece.size() > PieceObject::kPieceBytes) return Error{ErrorCode::kCorrupt, "piece object: a piece too large"};
      text_ += piece;
      taken = bytes.size() - reader.remaining();
    }
  }
  Result<storage::ObjectPointer> finish(std::string_view rest) override {
    if (!begun_ || !rest.empty()) return Error{ErrorCode::kCorrupt, "piece object: cut short"};
    return storage::ObjectPointer(std::make_unique<PieceObject>(text_, encoding_, parts_expiry_ms_));
  }

  std::int64_t parts_expiry_ms_;
  bool begun_ = false;
  storage::Encoding encoding_ = storage::Encoding::kRaw;
  std::string text_;
};

class Decoder final : public storage::ObjectDecoder {
  std::unique_ptr<storage::ObjectBuilder> builder(storage::ValueType type,
                                                  std::int64_t parts_expiry_ms) const override {
    if (type != storage::ValueType::kList) return nullptr;
    return std::make_unique<Builder>(parts_expiry_ms);
  }
};

}  // namespace

PieceObject::PieceObject(std::string_view text, storage::Encoding encoding, std::int64_t parts_expiry_ms)
    : encoding_(encoding), parts_expiry_ms_(parts_expiry_ms) {
  add_footprint(sizeof *this);
  add(text);
}

void PieceObject::add(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kPieceBytes))) {
    pieces_.emplace_back(text.substr(0, kPieceBytes));
    add_footprint(kPieceFootprint);
  }
}

std::string PieceObject::text() const {
  std::string all;
  for (const std::string& piece : pieces_) all += piece;
  return all;
}

void PieceObject::become(std::string_view text, storage::Encoding encoding, std::int64_t parts_expiry_ms) {
  encoding_ = encoding;
  parts_expiry_ms_ = parts_expiry_ms;
  std::size_t same = 0;
  while (same < pieces_.size() && pieces_[same].size() == kPieceBytes && text.starts_with(pieces_[same])) {
    text.remove_prefix(kPieceBytes);
    ++same;
  }
  add_footprint(-kPieceFootprint * static_cast<std::ptrdiff_t>(pieces_.size() - same));
  pieces_.resize(same);
  add(text);
}

std::size_t PieceObject::image_size_bound() const {
  return 1 + pieces_.size() * (kPieceBytes + 2);
}

// The cursor is the next piece; the byte of encoding comes before the first.
std::uint64_t PieceObject::encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const {
  const std::size_t before = out.size();
  if (cursor == 0) out.push_back(static_cast<char>(encoding_));
  for (std::size_t at = cursor; at < pieces_.size();) {
    storage::put_varint(out, pieces_[at].size());
    out += pieces_[at];
    if (++at < pieces_.size() && out.size() - before >= budget_bytes) return at;
  }
  return 0;
}

bool PieceObject::discard(std::size_t budget_bytes) {
  for (std::size_t freed = 0; !pieces_.empty() && freed < budget_bytes; freed += kPieceFootprint) {
    pieces_.pop_back();
    add_footprint(-kPieceFootprint);
  }
  return pieces_.empty();
}

const storage::ObjectDecoder& piece_object_decoder() {
  static const Decoder decoder;
  return decoder;
}

}  // namespace terrace::simulation
