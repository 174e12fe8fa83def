#include "src/scripting/drand48.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace terrace {
namespace {

// The C library has the same generator.
TEST(Drand48Test, GivesTheNumbersOfTheStandardOne) {
  for (const std::int32_t seed : {0, 1, 42, -7, INT32_MAX}) {
    Drand48 random;
    random.seed(seed);
    srand48(seed);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(random.next(), lrand48());
  }
}

}  // namespace
}  // namespace terrace
