// ImageBuilder: builds a large value from its image, which is a count and that many elements.
// Ownership: see storage::ObjectBuilder.
// Thread: the reactor's.
#pragma once

#include "src/types/encoding/rdb_reader.h"
#include "storage/record/object.h"

namespace terrace::types {

class ImageBuilder : public storage::ObjectBuilder {
 public:
  Result<std::size_t> take(std::string_view bytes) final;
  Result<storage::ObjectPointer> finish(std::string_view rest) final;

 protected:
  // Reads one element and adds it, unless the reader has failed. False: the element is not valid.
  virtual bool add(RdbReader& reader) = 0;
  virtual storage::ObjectPointer object() = 0;

 private:
  bool counted_ = false;
  std::uint64_t count_ = 0;
  std::uint64_t left_ = 0;  // elements
};

}  // namespace terrace::types
