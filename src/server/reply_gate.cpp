#include "src/server/reply_gate.h"

#include <algorithm>

#include "src/execution/dispatcher.h"
#include "src/runtime/store.h"
#include "src/server/connection.h"

namespace terrace {
namespace {

void take_out(std::vector<Connection*>& list, Connection* connection) {
  auto it = std::find(list.begin(), list.end(), connection);
  if (it == list.end()) return;
  *it = list.back();
  list.pop_back();
}

}  // namespace

void ReplyGate::at_turn_end() {
  dispatcher_->resume_unblocked();
  std::uint64_t released = last_released_;
  if (!store_.loading()) {
    store_.engine().commit();
    dispatcher_->end_turn();
    released = store_.engine().released_position();
  }
  if (!gated_.empty()) flush_gated(released);
  last_released_ = released;
  if (!marked_.empty()) flush_marked(released);
}

void ReplyGate::flush_marked(std::uint64_t released) {
  flushing_.swap(marked_);
  for (Connection* connection : flushing_) {
    connection->marked = false;
    connection->flush(released);
    if (!connection->gated && connection->output().gated()) {
      connection->gated = true;
      gated_.push_back(connection);
    }
  }
  flushing_.clear();
}

// Replies that wait for a log that failed are never sent: whether their effects survive is not known.
void ReplyGate::flush_gated(std::uint64_t released) {
  bool failed = !store_.loading() && !store_.engine().writable(false).ok();
  if (released == last_released_ && !failed) return;
  for (std::size_t i = 0; i < gated_.size();) {
    Connection* connection = gated_[i];
    connection->flush(released);
    if (failed && connection->output().gated()) connection->abort();
    if (connection->output().gated() && !failed) {
      ++i;
      continue;
    }
    connection->gated = false;
    gated_[i] = gated_.back();
    gated_.pop_back();
  }
}

void ReplyGate::mark(Connection& connection) {
  if (connection.marked) return;
  connection.marked = true;
  marked_.push_back(&connection);
}

void ReplyGate::forget(Connection& connection) {
  if (connection.marked) take_out(marked_, &connection);
  if (connection.gated) take_out(gated_, &connection);
}

}  // namespace terrace
