// kernel_features: whether this kernel's io_uring can do all that the ground floor asks of it.
// Thread: the one that made the ring.
#pragma once

#include <liburing.h>

#include "io/result.h"

namespace terrace::io {

// Makes the reactor's ring. An error is one sentence that names what the kernel lacks or forbids.
Result<void> open_ring(io_uring& ring, unsigned submission_entries, unsigned completion_entries);

// Tries what cannot be known from version numbers (a container may filter, a distribution may backport).
// Nothing may be in flight, no receive buffers be registered.
Result<void> check_operations(io_uring& ring);
Result<void> check_multishot_receive(io_uring& ring);

// IORING_OP_FTRUNCATE came with Linux 6.9; our headers do not know it.
inline constexpr int kOpTruncate = 55;
bool has_operation(io_uring& ring, int operation);

}  // namespace terrace::io
