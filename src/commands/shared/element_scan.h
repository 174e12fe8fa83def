// ElementScan: HSCAN, SSCAN, ZSCAN: the part of a collection that one call visits. The caller checks the type of the
// key. As in Redis, an absent key is answered before the options are read.
// Ownership: a local variable of reply(). Thread: the reactor's.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "src/commands/shared/scan.h"

namespace terrace {

class ElementScan {
 public:
  static void reply_empty(Context& context) {
    context.reply.array(2);
    context.reply.bulk("0");
    context.reply.array(0);
  }

  // `step(cursor, out)` calls out.add() for the elements at the cursor and returns the next cursor, 0 at the end.
  template <typename Step>
  static void reply(Context& context, std::uint64_t cursor, Scanned scanned, const Step& step) {
    const auto options = scan_options(context, 3, scanned);
    if (!options) return;
    ElementScan out(context.reply.protocol(), *options);
    // A collection from which many elements were deleted has many empty places: the steps are bounded, too.
    std::int64_t steps_left = std::min(options->count, std::numeric_limits<std::int64_t>::max() / kStepsPerElement);
    steps_left *= kStepsPerElement;
    do {
      cursor = step(cursor, out);
    } while (cursor != 0 && out.visited_ < options->count && --steps_left > 0);
    context.reply.array(2);
    context.reply.bulk(std::to_string(cursor));
    context.reply.array(out.texts_);
    context.reply.append(out.body_);
  }

  // Adds an element to the reply, its name and what else it has, if its name matches the pattern.
  void add(std::string_view name, std::optional<std::string_view> value = std::nullopt) {
    ++visited_;
    if (!filter_.passes_name(name)) return;
    body_writer_.bulk(name);
    if (value && values_) body_writer_.bulk(*value);
    texts_ += value && values_ ? 2 : 1;
  }

 private:
  ElementScan(int protocol, const ScanOptions& options)
      : filter_(options.filter), values_(options.values), body_writer_(body_, protocol) {}

  static constexpr std::int64_t kStepsPerElement = 10;

  const ScanFilter& filter_;
  bool values_;
  std::string body_;
  Reply body_writer_;
  std::size_t texts_ = 0;
  std::int64_t visited_ = 0;
};

}  // namespace terrace
