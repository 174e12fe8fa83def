#include "src/types/string/hll_estimate.h"

#include <cmath>
#include <limits>

namespace terrace::types {
namespace {

constexpr double kRegisters = kHllRegisters;
constexpr double kAlphaInfinity = 0.721347520444481703680;  // 1 / (2 ln 2)

// x + sum over k >= 1 of x^(2^k) * 2^(k-1): the contribution of the registers that are 0.
double sigma(double x) {
  if (x == 1.0) return std::numeric_limits<double>::infinity();
  double sum = x;
  double before = 0;
  double weight = 1;
  do {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  } while (sum != before);
  return sum;
}

// (1 - x - sum over k >= 1 of (1 - x^(2^-k))^2 * 2^-k) / 3: the contribution of those that are full.
double tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double sum = 1 - x;
  double before = 0;
  double weight = 1;
  do {
    x = std::sqrt(x);
    before = sum;
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  } while (sum != before);
  return sum / 3;
}

}  // namespace

std::uint64_t HllHistogram::estimate() const {
  double sum = kRegisters * tau((kRegisters - counts_[kHllRankBits + 1]) / kRegisters);
  for (unsigned value = kHllRankBits; value >= 1; --value) {
    sum += counts_[value];
    sum *= 0.5;
  }
  sum += kRegisters * sigma(counts_[0] / kRegisters);
  return static_cast<std::uint64_t>(std::llround(kAlphaInfinity * kRegisters * kRegisters / sum));
}

}  // namespace terrace::types
