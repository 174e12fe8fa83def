#include "src/execution/log_replay.h"

#include "src/resp/request_parser.h"

namespace terrace {
namespace {

constexpr std::int64_t kPatienceMs = 2000;

// Cuts `batch` behind its last complete transaction, and takes MULTI and EXEC themselves out. Says how many bytes of
// the log the rest is.
std::size_t keep_whole_transactions(RequestBatch& batch, std::string_view bytes, std::size_t complete) {
  std::vector<Request> kept;
  std::size_t open_at = 0;
  bool open = false;
  for (const Request& request : batch.requests) {
    std::string_view name = batch.arguments[request.first];
    if (name == "MULTI") {
      open = true;
      open_at = static_cast<std::size_t>(request.raw.data() - bytes.data());
      kept.push_back(request);
    } else if (name == "EXEC") {
      open = false;
    } else {
      kept.push_back(request);
    }
  }
  while (open && batch.arguments[kept.back().first] != "MULTI") kept.pop_back();
  std::erase_if(kept, [&](const Request& request) { return batch.arguments[request.first] == "MULTI"; });
  batch.requests = std::move(kept);
  return open ? open_at : complete;
}

}  // namespace

io::Task<Result<std::uint64_t>> LogReplay::apply(std::span<const std::byte> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto batch = dispatcher_.pool().take();
  std::size_t complete = 0;
  bool valid = parse_prefix(text, batch->requests, complete);
  std::size_t consumed = keep_whole_transactions(batch->requests, text, complete);
  Result<void> ran;
  if (!valid) ran = Error{ErrorCode::kCorrupt, "the log holds bytes that are no command"};
  co_await wait_for_room();
  if (ran.ok()) ran = co_await run(*batch);
  dispatcher_.pool().give_back(std::move(batch));
  if (!ran.ok()) co_return ran.error();
  co_return std::uint64_t{consumed};
}

// Replay outruns eviction. But where nothing can be evicted, on a full disk, the store must start all the same.
io::Task<> LogReplay::wait_for_room() {
  const storage::Engine& engine = store_.engine();
  const std::int64_t end_us = clock_.monotonic_us() + kPatienceMs * 1000;
  while (!crowded_ && !engine.has_room()) {
    crowded_ = clock_.monotonic_us() >= end_us;
    co_await clock_.sleep_ms(1);
  }
}

io::Task<Result<void>> LogReplay::run(CommandBatch& x) {
  x.begin(session_, replies_, kReplayOrigin, clock_.wall_ms());
  Result<void> ran = prepare(x);
  while (ran.ok() && !dispatcher_.run(x)) co_await dispatcher_.wait(x);
  commands_ += x.next;
  co_return ran;
}

// A command that this build does not know must not be skipped in silence.
Result<void> LogReplay::prepare(CommandBatch& x) const {
  for (const Request& request : x.requests.requests) {
    auto arguments = x.requests.arguments_of(request);
    const CommandEntry* entry = table_.find(arguments);
    if (entry == nullptr || (entry->row->run == nullptr && entry->row->run_async == nullptr)) {
      return Error{ErrorCode::kUnsupported, "the log holds a command that this version does not know: " +
                                                std::string(arguments[0].substr(0, 64))};
    }
  }
  return {};
}

}  // namespace terrace
