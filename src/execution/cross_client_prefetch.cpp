#include "src/execution/cross_client_prefetch.h"

#include "io/reactor.h"
#include "src/execution/client.h"
#include "src/execution/execution.h"
#include "src/execution/services.h"
#include "src/runtime/store.h"

namespace terrace {

bool CrossClientPrefetch::worthwhile(const Execution& x) const {
  if (!services_.reactor.another_follows() && looks_.empty()) return false;
  return x.batch.requests.size() == 1 && x.batch.arguments_of(x.batch.requests[0]).size() > 1 &&
         !services_.store.loading();
}

// Takes the command's first argument for a key: where it is none, nothing but the prefetch is in vain.
void CrossClientPrefetch::add(const Execution& x, std::coroutine_handle<> waiter) {
  const Look look{x.client->database, storage::Key(x.batch.arguments_of(x.batch.requests[0])[1]).hash};
  services_.store.engine().database(look.database).prefetch_bucket(look.hash);
  looks_.push_back(look);
  services_.reactor.post(waiter);
}

// The first of those who are resumed does it for all.
void CrossClientPrefetch::prefetch_records() {
  if (looks_.empty()) return;
  if (!services_.store.loading()) {
    storage::Engine& engine = services_.store.engine();
    for (const Look& look : looks_) engine.database(look.database).prefetch_record(look.hash);
  }
  looks_.clear();
}

}  // namespace terrace
