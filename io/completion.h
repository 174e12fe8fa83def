// Completion: who is told when an operation of the ring ends. Its address is the operation's user_data.
// Ownership: a member of whatever started the operation, which must stay where it is until the last completion came.
// Thread: the reactor's.
#pragma once

namespace terrace::io {

class Completion {
 public:
  // `result` is the operation's, below zero -errno; `flags` are the IORING_CQE_F_* of the ring. A multishot operation
  // calls this again as long as IORING_CQE_F_MORE is set.
  virtual void complete(int result, unsigned flags) = 0;

 protected:
  ~Completion() = default;
};

// A completion that calls one method of the object it is a member of: `CompletionOf<&Stream::on_sent> sent_{*this};`
template <auto Method>
class CompletionOf;

template <typename Owner, void (Owner::*Method)(int, unsigned)>
class CompletionOf<Method> final : public Completion {
 public:
  explicit CompletionOf(Owner& owner) : owner_(owner) {}
  CompletionOf(const CompletionOf&) = delete;
  CompletionOf& operator=(const CompletionOf&) = delete;
  void complete(int result, unsigned flags) override { (owner_.*Method)(result, flags); }

 private:
  Owner& owner_;
};

}  // namespace terrace::io
