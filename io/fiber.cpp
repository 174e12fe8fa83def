#include "io/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "io/system_error.h"

// As gcc and as clang tells of the sanitizer.
#if defined(__SANITIZE_ADDRESS__)
#define TERRACE_SANITIZED_STACKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TERRACE_SANITIZED_STACKS
#endif
#endif
#ifdef TERRACE_SANITIZED_STACKS
#include <sanitizer/common_interface_defs.h>
#endif

namespace terrace::io {
namespace {

using boost::context::stack_context;

constexpr std::size_t kKeptStacks = 8;
// As much as most bodies touch.
constexpr std::size_t kKeptBytes = 64 << 10;

std::size_t guard_bytes() {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void unmap(const stack_context& stack) {
  const std::size_t bytes = stack.size + guard_bytes();
  munmap(static_cast<std::byte*>(stack.sp) - bytes, bytes);
}

std::byte* lowest(const stack_context& stack) {
  return static_cast<std::byte*>(stack.sp) - stack.size;
}

std::size_t resident_bytes(const stack_context& stack) {
  const std::size_t page = guard_bytes();
  std::vector<unsigned char> pages(stack.size / page);
  if (mincore(lowest(stack), stack.size, pages.data()) != 0) return stack.size;
  return page * static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char flags) { return flags & 1; }));
}

// boost::context::fiber gives its stack back through this when its function has returned.
struct GiveBack {
  FiberStacks* stacks;
  void deallocate(stack_context& stack) const noexcept { stacks->give_back(stack); }
};

// The sanitizer is told of each switch, before and behind it. `fake_stack`: where it keeps what it has of the stack that
// is left; nullptr, the stack is left for the last time.
void begin_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                  [[maybe_unused]] std::size_t size) {
#ifdef TERRACE_SANITIZED_STACKS
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
}

void end_switch([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** bottom,
                [[maybe_unused]] std::size_t* size) {
#ifdef TERRACE_SANITIZED_STACKS
  __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
#endif
}

}  // namespace

// --- stacks

FiberStacks::~FiberStacks() {
  for (const stack_context& stack : free_) unmap(stack);
}

Result<stack_context> FiberStacks::take() {
  touched_ = true;
  if (!free_.empty()) {
    taken_.push_back(free_.back());
    free_.pop_back();
    return taken_.back();
  }
  const std::size_t bytes = kStackBytes + guard_bytes();
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return system_error(errno, "mmap of a stack");
  if (mprotect(memory, guard_bytes(), PROT_NONE) != 0) {
    const int error = errno;
    munmap(memory, bytes);
    return system_error(error, "mprotect below a stack");
  }
  stack_context stack;
  stack.size = kStackBytes;
  stack.sp = static_cast<std::byte*>(memory) + bytes;
  taken_.push_back(stack);
  return stack;
}

void FiberStacks::give_back(stack_context stack) {
  std::erase_if(taken_, [&](const stack_context& taken) { return taken.sp == stack.sp; });
  if (free_.size() < kKeptStacks) {
    free_.push_back(stack);
  } else {
    unmap(stack);
  }
}

std::size_t FiberStacks::trim() {
  std::size_t bytes = free_.size() * kKeptBytes;
  for (const stack_context& stack : taken_) bytes += resident_bytes(stack);
  if (!touched_) return bytes;
  touched_ = !taken_.empty();
  for (const stack_context& stack : free_) madvise(lowest(stack), stack.size - kKeptBytes, MADV_DONTNEED);
  return bytes;
}

// --- fiber

Fiber::Fiber(FiberStacks& stacks, stack_context stack, const Body& body)
    : inside_(std::allocator_arg, boost::context::preallocated(stack.sp, stack.size, stack), GiveBack{&stacks},
              [this, &body](boost::context::fiber&& outside) {
                end_switch(nullptr, &outer_.bottom, &outer_.size);
                outside_ = std::move(outside);
                body(*this);
                ended_ = true;
                begin_switch(nullptr, outer_.bottom, outer_.size);
                return std::move(outside_);
              }),
      inner_{.bottom = lowest(stack), .size = stack.size} {}

Task<Result<void>> Fiber::run(FiberStacks& stacks, Body body) {
  const Result<stack_context> stack = stacks.take();
  if (!stack.ok()) co_return stack.error();
  Fiber fiber(stacks, *stack, body);
  fiber.enter();
  while (!fiber.ended_) {
    co_await fiber.pending_;
    fiber.enter();
  }
  co_return Result<void>();
}

Result<std::unique_ptr<Fiber>> Fiber::make(FiberStacks& stacks, const Body& body) {
  const Result<stack_context> stack = stacks.take();
  if (!stack.ok()) return stack.error();
  return std::unique_ptr<Fiber>(new Fiber(stacks, *stack, body));
}

void Fiber::enter() {
  begin_switch(&outer_.fake_stack, inner_.bottom, inner_.size);
  inside_ = std::move(inside_).resume();
  end_switch(outer_.fake_stack, nullptr, nullptr);
}

void Fiber::wait_for(Task<> task) {
  pending_ = std::move(task);
  leave();
}

void Fiber::leave() {
  begin_switch(&inner_.fake_stack, outer_.bottom, outer_.size);
  outside_ = std::move(outside_).resume();
  end_switch(inner_.fake_stack, &outer_.bottom, &outer_.size);
}

}  // namespace terrace::io
