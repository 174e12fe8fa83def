#include "src/server/cross_client_prefetch.h"

#include "src/execution/likely_key.h"

namespace terrace {

bool CrossClientPrefetch::worthwhile(const CommandBatch& x) const {
  if (!reactor_.another_follows() && looks_.empty()) return false;
  return x.requests.requests.size() == 1 && x.requests.arguments_of(x.requests.requests[0]).size() > 1 &&
         !store_.loading();
}

void CrossClientPrefetch::add(const CommandBatch& x, std::coroutine_handle<> waiter) {
  const Look look{x.session->database, storage::Key(likely_key(x.requests.arguments_of(x.requests.requests[0]))).hash};
  store_.engine().database(look.database).prefetch_bucket(look.hash);
  looks_.push_back(look);
  reactor_.post(waiter);
}

// The first connection that is resumed prefetches the records of all.
void CrossClientPrefetch::prefetch_records() {
  if (looks_.empty()) return;
  if (!store_.loading()) {
    storage::Engine& engine = store_.engine();
    for (const Look& look : looks_) engine.database(look.database).prefetch_record(look.hash);
  }
  looks_.clear();
}

}  // namespace terrace
