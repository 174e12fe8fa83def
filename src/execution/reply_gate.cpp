#include "src/execution/reply_gate.h"

#include <algorithm>

namespace terrace {
namespace {

void take_out(std::vector<Channel*>& list, Channel* channel) {
  auto it = std::find(list.begin(), list.end(), channel);
  if (it == list.end()) return;
  *it = list.back();
  list.pop_back();
}

}  // namespace

void ReplyGate::at_turn_end() {
  dispatcher_.resume_unblocked();
  store_.memory_queue().serve();
  std::uint64_t released = last_released_;
  if (!store_.loading()) {
    store_.engine().commit();
    dispatcher_.end_turn();
    released = store_.engine().released_position();
  }
  if (!gated_.empty()) flush_gated(released);
  last_released_ = released;
  if (!marked_.empty()) flush_marked(released);
}

void ReplyGate::flush_marked(std::uint64_t released) {
  flushing_.swap(marked_);
  for (Channel* channel : flushing_) {
    channel->marked_ = false;
    channel->flush(released);
    channel->output().charge();
    if (!channel->gated_ && channel->output().gated()) {
      channel->gated_ = true;
      gated_.push_back(channel);
    }
  }
  flushing_.clear();
}

// If the log has failed, replies that wait for it are never sent: it is not known whether their effects are durable.
void ReplyGate::flush_gated(std::uint64_t released) {
  bool failed = !store_.loading() && store_.engine().log_failed();
  if (released == last_released_ && !failed) return;
  for (std::size_t i = 0; i < gated_.size();) {
    Channel* channel = gated_[i];
    channel->flush(released);
    channel->output().charge();
    if (failed && channel->output().gated()) channel->abort();
    if (channel->output().gated() && !failed) {
      ++i;
      continue;
    }
    channel->gated_ = false;
    gated_[i] = gated_.back();
    gated_.pop_back();
  }
}

void ReplyGate::mark(Channel& channel) {
  if (channel.marked_) return;
  channel.marked_ = true;
  marked_.push_back(&channel);
}

void ReplyGate::forget(Channel& channel) {
  if (channel.marked_) take_out(marked_, &channel);
  if (channel.gated_) take_out(gated_, &channel);
}

}  // namespace terrace
