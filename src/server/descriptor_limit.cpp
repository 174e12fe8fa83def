#include "src/server/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace terrace {
namespace {

// The kernel's default for the most there can be (fs.nr_open); an unlimited process is taken for one with so many.
constexpr rlim_t kUnlimited = rlim_t{1} << 20;

std::int64_t count_of(rlim_t limit) {
  return static_cast<std::int64_t>(std::min(limit, kUnlimited));
}

}  // namespace

DescriptorLimit raise_descriptor_limit(std::int64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {.before = 1024, .now = 1024, .error_number = errno};
  DescriptorLimit result{.before = count_of(limit.rlim_cur), .now = count_of(limit.rlim_cur)};
  const rlim_t most = std::max(limit.rlim_max, static_cast<rlim_t>(wanted));
  rlimit raised{most, most};
  if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    result.error_number = errno;
    raised = {limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) return result;
  }
  result.now = count_of(raised.rlim_cur);
  return result;
}

}  // namespace terrace
