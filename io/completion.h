// Completion: is called when an operation of the ring ends. Its address is the operation's user_data.
// Ownership: a member of the object that started the operation; it must not move before the last completion has come.
// Thread: the reactor's.
#pragma once

namespace terrace::io {

class Completion {
 public:
  // `result` is the operation's, below zero -errno; `flags` are the ring's IORING_CQE_F_*. A multishot operation calls
  // this again as long as IORING_CQE_F_MORE is set.
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
