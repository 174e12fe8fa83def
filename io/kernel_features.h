// kernel_features: checks that this kernel's io_uring supports what the ground floor needs.
// Thread: the one that made the ring.
#pragma once

#include <liburing.h>

#include "io/result.h"

namespace terrace::io {

// Makes the reactor's ring. An error is one sentence that names what the kernel lacks or forbids.
Result<void> open_ring(io_uring& ring, unsigned submission_entries, unsigned completion_entries);

// Tries the operations: version numbers do not tell, because a container may filter and a distribution may backport. No
// operation may be in flight, and no receive buffers may be registered.
Result<void> check_operations(io_uring& ring);
Result<void> check_multishot_receive(io_uring& ring);

// IORING_OP_FTRUNCATE came with Linux 6.9; our headers do not know it.
inline constexpr int kOpTruncate = 55;
bool has_operation(io_uring& ring, int operation);

}  // namespace terrace::io
