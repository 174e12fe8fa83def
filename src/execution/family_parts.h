// FamilyParts: the parts of the server that the handlers of one command family use: a struct of references that the
// family declares and adds to the command table with its rows. A handler gets it by its type.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include "io/result.h"

namespace terrace {

class FamilyParts {
 public:
  FamilyParts() = default;  // a family that uses nothing but keys
  template <typename Parts>
  explicit FamilyParts(const Parts& parts) : parts_(&parts), type_(&kType<Parts>) {}

  template <typename Parts>
  const Parts& get() const {
    TERRACE_CHECK(type_ == &kType<Parts>);
    return *static_cast<const Parts*>(parts_);
  }

 private:
  template <typename Parts>
  static constexpr char kType = 0;

  const void* parts_ = nullptr;
  const void* type_ = nullptr;
};

}  // namespace terrace
