// Primitives for coroutines of one thread: Event, Semaphore, Gate. Waiters are resumed in order of arrival.
// Ownership: a waiter's node lives in the awaiting coroutine's frame; a primitive must outlive its waiters (checked).
// Thread: the reactor's (or the simulation's).
#pragma once

#include <coroutine>
#include <cstdint>

#include "io/result.h"

namespace terrace::io {

// First-in first-out list of suspended coroutines.
class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList() { TERRACE_CHECK(empty()); }

  struct Node {
    std::coroutine_handle<> handle;
    std::uint64_t amount = 0;
    Node* next = nullptr;
  };

  bool empty() const { return head_ == nullptr; }
  const Node* front() const { return head_; }
  void push(Node& node) {
    node.next = nullptr;
    (tail_ ? tail_->next : head_) = &node;
    tail_ = &node;
  }
  Node* pop() {
    Node* node = head_;
    if (node) {
      head_ = node->next;
      if (!head_) tail_ = nullptr;
    }
    return node;
  }
  // Resumes exactly the waiters of now. One that waits again during this call is not resumed a second time.
  void resume_all() {
    Node* node = head_;
    head_ = tail_ = nullptr;
    while (node) {
      Node* next = node->next;
      node->handle.resume();
      node = next;
    }
  }

 private:
  Node* head_ = nullptr;
  Node* tail_ = nullptr;
};

// A condition to wait for: `while (!condition) co_await event.wait();`. notify() resumes all waiters.
class Event {
 public:
  struct Awaiter {
    Event& event;
    WaitList::Node node;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      node.handle = handle;
      event.waiters_.push(node);
    }
    void await_resume() const noexcept {}
  };

  Awaiter wait() { return Awaiter{*this, {}}; }
  void notify() { waiters_.resume_all(); }

 private:
  WaitList waiters_;
};

// Counts units of a bounded resource (bytes in flight, reads in flight).
class Semaphore {
 public:
  explicit Semaphore(std::uint64_t units) : units_(units) {}

  struct Awaiter {
    Semaphore& semaphore;
    WaitList::Node node;
    bool await_ready() const noexcept { return semaphore.waiters_.empty() && semaphore.units_ >= node.amount; }
    void await_suspend(std::coroutine_handle<> handle) {
      node.handle = handle;
      semaphore.waiters_.push(node);
      suspended = true;
    }
    // If it was suspended, release() has taken the units already.
    void await_resume() noexcept {
      if (!suspended) semaphore.units_ -= node.amount;
    }
    bool suspended = false;
  };

  // Waits until `amount` units are free, then takes them. `amount` must not exceed the total: the wait would never end.
  Awaiter acquire(std::uint64_t amount = 1) { return Awaiter{*this, {{}, amount, nullptr}, false}; }
  void release(std::uint64_t amount = 1) {
    units_ += amount;
    while (!waiters_.empty() && units_ >= waiters_.front()->amount) {
      WaitList::Node* node = waiters_.pop();
      units_ -= node->amount;
      node->handle.resume();
    }
  }

 private:
  std::uint64_t units_;
  WaitList waiters_;
};

// Counts detached tasks, so that their owner can wait for the last one before its own destruction.
class Gate {
 public:
  class Holder {
   public:
    explicit Holder(Gate& gate) : gate_(&gate) { ++gate.holders_; }
    Holder(Holder&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    Holder& operator=(Holder&&) = delete;
    ~Holder() {
      if (gate_ && --gate_->holders_ == 0) gate_->empty_.notify();
    }

   private:
    Gate* gate_;
  };

  ~Gate() { TERRACE_CHECK(holders_ == 0); }
  Holder hold() { return Holder(*this); }
  bool idle() const { return holders_ == 0; }
  // Use: `while (!gate.idle()) co_await gate.wait();`
  Event::Awaiter wait() { return empty_.wait(); }

 private:
  std::uint64_t holders_ = 0;
  Event empty_;
};

}  // namespace terrace::io
