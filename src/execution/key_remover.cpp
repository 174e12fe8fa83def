#include "src/execution/key_remover.h"

#include "io/activity.h"
#include "io/reactor.h"
#include "src/execution/dispatcher.h"

namespace terrace {
namespace {

bool run_marked(Dispatcher& dispatcher, Execution& execution) {
  const io::Activity activity("expire-cycle");
  return dispatcher.run(execution);
}

}  // namespace

io::Task<> KeyRemover::run(std::vector<std::string_view> command, unsigned database,
                           std::span<const std::string> keys) {
  Dispatcher& dispatcher = services_.dispatcher;
  std::unique_ptr<Execution> execution = dispatcher.pool().take();
  client_.database = database;
  execution->begin(client_, replies_, services_.reactor.wall_ms());
  execution->quiet = true;
  RequestBatch& batch = execution->batch;
  for (const std::string& key : keys) {
    batch.requests.push_back(
        {static_cast<std::uint32_t>(batch.arguments.size()), static_cast<std::uint32_t>(command.size() + 1), {}});
    batch.arguments.insert(batch.arguments.end(), command.begin(), command.end());
    batch.arguments.push_back(key);
  }
  while (true) {
    const bool ended = run_marked(dispatcher, *execution);
    if (ended) break;
    co_await dispatcher.wait(*execution);
  }
  replies_ = OutputBuffer();
  execution->quiet = false;
  dispatcher.pool().give_back(std::move(execution));
}

}  // namespace terrace
