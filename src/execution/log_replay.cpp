#include "src/execution/log_replay.h"

#include "src/resp/unit_scanner.h"

namespace terrace {
namespace {

constexpr std::int64_t kPatienceMs = 2000;

constexpr RequestParser::Limits kNoLimits{~0ull, ~0ull, true};

}  // namespace

std::unique_ptr<storage::UnitScanner> LogReplay::make_scanner() {
  return std::make_unique<RespUnitScanner>();
}

Result<void> LogReplay::attachment(std::string_view bytes) {
  return attachment_ == nullptr ? Result<void>() : attachment_->restore(bytes);
}

io::Task<Result<void>> LogReplay::apply(std::span<const std::byte> bytes) {
  auto batch = dispatcher_.pool().take();
  RequestBatch& found = batch->requests;
  const auto status = parser_.parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, kNoLimits, found);
  if (parser_.wanted() > 0) parser_.grow(parser_.wanted());
  Result<void> ran;
  if (status != RequestParser::Status::kOk) ran = Error{ErrorCode::kCorrupt, parser_.error()};
  // The reader passes only whole transactions: MULTI and EXEC need not be run.
  std::erase_if(found.requests, [&found](const Request& request) {
    const std::string_view name = found.arguments[request.first];
    return name == "MULTI" || name == "EXEC";
  });
  co_await wait_for_room();
  if (ran.ok()) ran = co_await run(*batch);
  dispatcher_.pool().give_back(std::move(batch));
  // What it kept may have been as large as a value, and the last call is not known for the last.
  if (parser_.pending_bytes() == 0) parser_ = RequestParser();
  co_return ran;
}

// Replay may be faster than eviction. If nothing can be evicted (on a full disk), replay continues without room: the
// store must start.
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

// A command that this build does not know is an error: it must not be skipped silently.
Result<void> LogReplay::prepare(CommandBatch& x) const {
  for (const Request& request : x.requests.requests) {
    auto arguments = x.requests.arguments_of(request);
    const CommandEntry* entry = table_.find_own(arguments);
    if (entry == nullptr || (entry->row->run == nullptr && entry->row->run_async == nullptr)) {
      return Error{ErrorCode::kUnsupported, "the log holds a command that this version does not know: " +
                                                std::string(arguments[0].substr(0, 64))};
    }
  }
  return {};
}

}  // namespace terrace
