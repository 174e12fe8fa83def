#include "src/execution/script_runner.h"

namespace terrace {

ScriptRunner::ScriptRunner(CommandRunner& runner, OpenUnit& open_unit, const CommandTable& commands,
                           const Settings& settings, Logger& logger)
    : runner_(runner),
      open_unit_(open_unit),
      settings_(settings),
      logger_(logger),
      stacks_charge_(runner.parts().store.ledger(), storage::Account::kStacks),
      run_(runner, open_unit, commands, settings) {
  run_.body_ = [this](io::Fiber&) { run_.own_call().row().run_script(run_); };
}

bool ScriptRunner::busy() const {
  return running() && settings_.busy_threshold_ms > 0 && run_.running_ms() >= settings_.busy_threshold_ms;
}

std::string_view ScriptRunner::busy_error() const {
  return run_.rules.is_function
             ? "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
             : "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
}

ScriptRunner::Kill ScriptRunner::kill(bool function) {
  if (!running()) return Kill::kNotRunning;
  if (run_.rules.is_function != function) return Kill::kOtherKind;
  if (run_.changed()) return Kill::kHasWritten;
  run_.killed_ = true;
  return Kill::kKilled;
}

void ScriptRunner::begin(CommandBatch& x) {
  run_.batch_ = &x;
  run_.caller_ = x.session;
  run_.session_.database = x.session->database;
  run_.session_.protocol = 2;
  run_.session_.address = "lua";  // in MONITOR
  run_.session_.name = x.session->name;
  run_.session_.user = x.session->user;
  run_.session_.caches = x.session->caches;
  run_.session_.caching = x.session->caching;
  run_.rules = {};
  run_.killed_ = run_.told_busy_ = run_.calling_ = run_.frees_records_ = false;
  run_.moments_ = 0;
  run_.counted_errors_ = 0;
  run_.own_errors_ = false;
  run_.begin_ns_ = runner_.last_ns();
  run_.slice_end_ns_ = run_.begin_ns_ + OpenUnit::kSliceNs;
  run_.reply_start_ = x.replies->size();
  runner_.note_script(x);
}

bool ScriptRunner::run(CommandBatch& x) {
  if (run_.batch_ == nullptr) {
    begin(x);
    auto fiber = io::Fiber::make(stacks_, run_.body_);
    if (fiber.ok()) {
      run_.fiber_ = std::move(*fiber);
    } else {
      run_.reply(
          [&](Reply& reply) { reply.error("OOM no memory for the stack of a script: " + fiber.error().message); });
    }
  }
  if (run_.fiber_) {
    run_.fiber_->resume();
    if (!run_.fiber_->ended()) {
      tell_busy();
      return false;
    }
  }
  end(x);
  return true;
}

void ScriptRunner::end(CommandBatch& x) {
  TERRACE_CHECK(!run_.calling_);
  run_.fiber_.reset();
  runner_.begin_clock_at(run_.begin_ns_);
  const std::uint64_t failures = run_.counted_errors_ + (run_.own_errors_ ? 1 : 0);
  failures > 0 ? runner_.account_script(x, run_.reply_start_, failures) : runner_.account(x, run_.reply_start_);
  run_.batch_ = nullptr;
}

// Those who wait for the unit get an error now.
void ScriptRunner::tell_busy() {
  if (run_.told_busy_ || !busy()) return;
  run_.told_busy_ = true;
  logger_.warning("Slow script detected: still in execution after " + std::to_string(run_.running_ms()) +
                  " milliseconds. You can try killing the script using the " +
                  (run_.rules.is_function ? "FUNCTION" : "SCRIPT") + " KILL command.");
  open_unit_.closed().notify();
}

bool ScriptRunner::run_alone(CommandBatch& x) {
  TransactionRun& unit = x.transaction;
  if (!unit.opened) {
    unit.begin(runner_.last_ns());
    unit.exec.keys.clear();
    unit.opened = true;
    runner_.engine().begin_unit();
  }
  if (!run(x)) {
    if (!unit.suspended) open_unit_.open(x);
    unit.suspended = true;
    return false;
  }
  const std::size_t start = run_.reply_start_;
  const bool ended = x.unit.in_pieces();  // by the last piece
  runner_.finish_reply(x, start);
  if (x.output->size() - start > CommandBatch::kMaxUnsentWhenShort) x.output->charge();
  runner_.commit(x, start);
  if (!ended) runner_.engine().end_unit();
  if (unit.suspended) {
    x.now_ms = runner_.parts().clock.wall_ms();
    open_unit_.close();
  }
  x.unit_charge.resize(0);
  unit.end();
  return true;
}

io::Task<> ScriptRunner::run_async(CommandBatch& x) {
  run_.exchange_call();
  co_await runner_.run_async(x, false);
  run_.exchange_call();
}

}  // namespace terrace
