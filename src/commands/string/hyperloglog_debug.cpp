// PFDEBUG and PFSELFTEST: show the representation of a HyperLogLog, and test that this build counts correctly.
#include <cmath>
#include <string>

#include "src/commands/shared/argument.h"
#include "src/commands/string/hyperloglog_access.h"
#include "src/commands/string/hyperloglog_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::HllObservation;
using types::HllRegisters;
using types::HllRun;
using types::HyperLogLog;
using types::HyperLogLogView;

// Converts the value to the dense form. False: the error is replied.
bool make_dense(Context& context, Record* record) {
  HyperLogLog value(record->bytes());
  if (!value.make_dense()) {
    corrupt_hyperloglog(context);
    return false;
  }
  store_hyperloglog(context, context.argument(2), record, value.bytes(), KeyEvent::kUnseen);
  return true;
}

void reply_registers(Context& context, Record* record, const HyperLogLogView& view) {
  if (!view.is_dense() && !make_dense(context, record)) return;
  const Record* now = context.write(context.argument(2));
  const auto dense = HyperLogLogView::of(now->bytes());
  context.reply.array(types::kHllRegisters);
  for (std::uint32_t i = 0; i < types::kHllRegisters; ++i) context.reply.integer(dense->dense_register(i));
}

void reply_runs(Context& context, const HyperLogLogView& view) {
  if (view.is_dense()) return context.reply.error("ERR HLL encoding is not sparse");
  // If the last run is incomplete, Redis reads the NUL behind its string as a part of it.
  const std::string runs = std::string(view.runs()) + '\0';
  std::string text;
  std::size_t at = 0;
  while (at < view.runs().size()) {
    const auto run = HllRun::read(runs, at);
    if (!run) break;
    at += run->bytes;
    if (!text.empty()) text += ' ';
    if (run->value > 0) {
      text += "v:" + std::to_string(run->value) + ',';
    } else {
      text += run->bytes == 1 ? "z:" : "Z:";
    }
    text += std::to_string(run->registers);
  }
  context.reply.bulk(text);
}

// Do dense registers keep the values that were written, independently of their neighbours?
bool registers_hold(Context& context) {
  HllRegisters expected = {};
  std::string bytes(types::kHllDenseBytes, '\0');
  for (std::uint32_t turn = 0; turn < 8; ++turn) {
    for (std::uint32_t i = 0; i < types::kHllRegisters; ++i) {
      const auto value = static_cast<std::uint8_t>((i * 2654435761u + turn * 40503u) >> 9 & 0x3f);
      expected[i] = value;
      types::set_dense_register(bytes.data(), i, value);
    }
    for (std::uint32_t i = 0; i < types::kHllRegisters; ++i) {
      const std::uint8_t found = types::dense_register(bytes.data(), i);
      if (found == expected[i]) continue;
      context.reply.error("TESTFAILED Register " + std::to_string(i) + " should be " + std::to_string(expected[i]) +
                          " but is " + std::to_string(found));
      return false;
    }
  }
  return true;
}

// Do the sparse and the dense form of the same elements give the same count, close to the number of elements? The
// standard error of 2^14 registers is 1.04 / 128; these few counts must be within four standard errors.
bool counts_hold(Context& context) {
  constexpr double kTolerance = 4 * 1.04 / 128;
  constexpr std::uint64_t kMost = 100'000;
  HyperLogLog sparse;
  HyperLogLog dense;
  if (!dense.make_dense()) return false;
  std::uint64_t checkpoint = 1;
  for (std::uint64_t n = 1; n <= kMost; ++n) {
    const auto seen = HllObservation::of("element " + std::to_string(n));
    sparse.raise(seen, 3000);
    dense.raise(seen, 3000);
    if (n != checkpoint) continue;
    checkpoint *= 10;
    const auto count = dense.view().count();
    const double error = count ? std::abs(static_cast<double>(*count) - static_cast<double>(n)) : 1e300;
    if (sparse.view().count() == count && error <= std::ceil(kTolerance * static_cast<double>(n))) continue;
    context.reply.error("TESTFAILED Of " + std::to_string(n) + " elements, the dense form counts " +
                        std::to_string(count.value_or(0)) + ", the sparse one " +
                        std::to_string(sparse.view().count().value_or(0)));
    return false;
  }
  return true;
}

}  // namespace

void pfdebug(Context& context) {
  const std::string_view what = context.argument(1);
  Record* record = context.write(context.argument(2));
  if (record == nullptr) return context.reply.error("ERR The specified key does not exist");
  const auto view = hyperloglog_of(context, *record);
  if (!view) return;
  if (is_option(what, "GETREG")) return reply_registers(context, record, *view);
  if (is_option(what, "DECODE")) return reply_runs(context, *view);
  if (is_option(what, "ENCODING")) return context.reply.simple(view->is_dense() ? "dense" : "sparse");
  if (!is_option(what, "TODENSE")) {
    return context.reply.error("ERR Unknown PFDEBUG subcommand '" + shown(what) + "'");
  }
  if (view->is_dense()) return context.reply.integer(0);
  if (make_dense(context, record)) context.reply.integer(1);
}

void pfselftest(Context& context) {
  if (registers_hold(context) && counts_hold(context)) context.reply.ok();
}

}  // namespace terrace::commands
