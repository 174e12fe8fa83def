#include "src/types/object_decoder.h"

#include "src/types/encoding/packed_table.h"
#include "src/types/encoding/score_tree.h"
#include "src/types/hash/timed_hash.h"
#include "src/types/list/list_nodes.h"
#include "src/types/stream/stream_image.h"
#include "storage/record/record.h"

namespace terrace::types {
namespace {

using storage::ValueType;

class Decoder final : public storage::ObjectDecoder {
 public:
  std::unique_ptr<storage::ObjectBuilder> builder(ValueType type, std::int64_t parts_expiry_ms) const override {
    switch (type) {
      case ValueType::kHash:
        if (parts_expiry_ms != storage::kNoExpiry) return TimedHash::builder(parts_expiry_ms);
        return PackedTable::builder(PackedTable::Values::kBytes);
      case ValueType::kSet:
        return PackedTable::builder(PackedTable::Values::kNone);
      case ValueType::kList:
        return ListNodes::builder();
      case ValueType::kStream:
        return StreamImage::builder();
      case ValueType::kSortedSet:
        return ScoreTree::builder();
      default:
        return nullptr;
    }
  }
};

}  // namespace

const storage::ObjectDecoder& object_decoder() {
  static const Decoder decoder;
  return decoder;
}

}  // namespace terrace::types
