#include "io/kernel_features.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "io/receive_buffers.h"
#include "io/system_error.h"

namespace terrace::io {

namespace {

constexpr const char* kNeeds = " (Terrace needs Linux 6.1 or later)";

struct Setup {
  unsigned flag;
  const char* name;
};
// In the order in which kernels introduced them.
constexpr std::array kSetups{
    Setup{IORING_SETUP_CQSIZE, "IORING_SETUP_CQSIZE"},
    Setup{IORING_SETUP_SUBMIT_ALL, "IORING_SETUP_SUBMIT_ALL"},
    Setup{IORING_SETUP_COOP_TASKRUN, "IORING_SETUP_COOP_TASKRUN"},
    Setup{IORING_SETUP_SINGLE_ISSUER, "IORING_SETUP_SINGLE_ISSUER"},
    Setup{IORING_SETUP_DEFER_TASKRUN, "IORING_SETUP_DEFER_TASKRUN"},
};

struct Operation {
  int code;
  const char* name;
};
constexpr std::array kOperations{
    Operation{IORING_OP_READ, "IORING_OP_READ"},         Operation{IORING_OP_WRITE, "IORING_OP_WRITE"},
    Operation{IORING_OP_FSYNC, "IORING_OP_FSYNC"},       Operation{IORING_OP_FALLOCATE, "IORING_OP_FALLOCATE"},
    Operation{IORING_OP_OPENAT, "IORING_OP_OPENAT"},     Operation{IORING_OP_CLOSE, "IORING_OP_CLOSE"},
    Operation{IORING_OP_RENAMEAT, "IORING_OP_RENAMEAT"}, Operation{IORING_OP_UNLINKAT, "IORING_OP_UNLINKAT"},
    Operation{IORING_OP_ACCEPT, "IORING_OP_ACCEPT"},     Operation{IORING_OP_RECV, "IORING_OP_RECV"},
    Operation{IORING_OP_SEND, "IORING_OP_SEND"},         Operation{IORING_OP_ASYNC_CANCEL, "IORING_OP_ASYNC_CANCEL"},
};

Error unsupported(std::string message) {
  return Error{ErrorCode::kUnsupported, std::move(message)};
}

// Adds one setup flag after the other until the kernel refuses, to find the one that it does not support.
Error explain_setup() {
  io_uring_params params{};
  for (const Setup& setup : kSetups) {
    params.flags |= setup.flag;
    io_uring_params attempt = params;
    attempt.cq_entries = 64;
    io_uring ring{};
    const int status = io_uring_queue_init_params(8, &ring, &attempt);
    if (status == -EINVAL) return unsupported(std::string("this kernel's io_uring lacks ") + setup.name + kNeeds);
    if (status == 0) io_uring_queue_exit(&ring);
  }
  return unsupported(std::string("this kernel's io_uring refuses a ring of the size asked for") + kNeeds);
}

Error explain(int error_number) {
  switch (error_number) {
    case ENOSYS:
      return unsupported(std::string("this kernel has no io_uring") + kNeeds);
    case EPERM:
    case EACCES:
      return unsupported(
          "io_uring is forbidden here: see the sysctl kernel.io_uring_disabled, or the container's seccomp profile");
    case EINVAL:
      return explain_setup();
    default:
      return system_error(error_number, "make an io_uring");
  }
}

}  // namespace

Result<void> open_ring(io_uring& ring, unsigned submission_entries, unsigned completion_entries) {
  io_uring_params params{};
  for (const Setup& setup : kSetups) params.flags |= setup.flag;
  params.cq_entries = completion_entries;
  const int status = io_uring_queue_init_params(submission_entries, &ring, &params);
  if (status < 0) return explain(-status);
  const unsigned needed = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;
  if ((params.features & needed) != needed) {
    io_uring_queue_exit(&ring);
    return unsupported(std::string("this kernel's io_uring lacks NODROP, EXT_ARG or CQE_SKIP") + kNeeds);
  }
  io_uring_register_ring_fd(&ring);  // saves a look-up at each enter; optional
  return {};
}

bool has_operation(io_uring& ring, int operation) {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  const bool has = probe && io_uring_opcode_supported(probe, operation);
  io_uring_free_probe(probe);
  return has;
}

Result<void> check_operations(io_uring& ring) {
  for (const Operation& operation : kOperations) {
    if (!has_operation(ring, operation.code)) {
      return unsupported(std::string("this kernel's io_uring lacks ") + operation.name + kNeeds);
    }
  }
  return {};
}

namespace {

struct Completed {
  int result;
  unsigned flags;
};

Result<Completed> wait_for_completion(io_uring& ring) {
  io_uring_cqe* cqe = nullptr;
  __kernel_timespec timeout{.tv_sec = 5, .tv_nsec = 0};
  const int status = io_uring_submit_and_wait_timeout(&ring, &cqe, 1, &timeout, nullptr);
  if (status < 0) return system_error(-status, "wait for the io_uring");
  if (!cqe) return system_error(ETIME, "wait for the io_uring");
  const Completed completion{cqe->res, cqe->flags};
  io_uring_cqe_seen(&ring, cqe);
  return completion;
}

// One byte must arrive in a provided buffer, and the receive must stay armed for more; closing the peer ends it.
Result<bool> try_multishot_receive(io_uring& ring, int receiver, int sender) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  io_uring_prep_recv_multishot(sqe, receiver, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = ReceiveBuffers::kGroup;
  io_uring_sqe_set_data(sqe, nullptr);
  io_uring_submit(&ring);
  if (::send(sender, "x", 1, MSG_NOSIGNAL) != 1) return system_error(errno, "try a socket pair");
  Result<Completed> first = wait_for_completion(ring);
  if (!first) return first.error();
  const bool armed = first->flags & IORING_CQE_F_MORE;
  if (armed) {
    ::shutdown(sender, SHUT_RDWR);
    Result<Completed> last = wait_for_completion(ring);
    if (!last) return last.error();
  }
  return first->result == 1 && armed && (first->flags & IORING_CQE_F_BUFFER);
}

}  // namespace

Result<void> check_multishot_receive(io_uring& ring) {
  // A separate pool: the buffer that this test uses is freed with it.
  Result<std::unique_ptr<ReceiveBuffers>> buffers = ReceiveBuffers::create(ring, 4, 64);
  if (!buffers && buffers.error().code == ErrorCode::kInvalid) {
    return unsupported(std::string("this kernel's io_uring lacks provided-buffer rings") + kNeeds);
  }
  if (!buffers) return buffers.error();
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
    return system_error(errno, "make a socket pair");
  }
  Result<bool> works = try_multishot_receive(ring, sockets[0], sockets[1]);
  ::close(sockets[0]);
  ::close(sockets[1]);
  if (!works) return works.error();
  if (!*works) return unsupported(std::string("this kernel's io_uring lacks multishot receive") + kNeeds);
  return {};
}

}  // namespace terrace::io
