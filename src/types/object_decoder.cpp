#include "src/types/object_decoder.h"

#include "src/types/list_nodes.h"
#include "src/types/packed_table.h"
#include "src/types/score_tree.h"
#include "src/types/stream_image.h"
#include "storage/record.h"

namespace terrace::types {
namespace {

using storage::ValueType;

class Decoder final : public storage::ObjectDecoder {
 public:
  Result<storage::ObjectPointer> decode(ValueType type, std::string_view image) const override {
    switch (type) {
      case ValueType::kHash:
        return PackedTable::decode(image, PackedTable::Values::kBytes);
      case ValueType::kSet:
        return PackedTable::decode(image, PackedTable::Values::kNone);
      case ValueType::kList:
        return ListNodes::decode(image);
      case ValueType::kStream:
        return StreamImage::decode(image);
      case ValueType::kSortedSet:
        return ScoreTree::decode(image);
      default:
        return Error{ErrorCode::kCorrupt, "image: no type of large values"};
    }
  }
};

}  // namespace

const storage::ObjectDecoder& object_decoder() {
  static const Decoder decoder;
  return decoder;
}

}  // namespace terrace::types
