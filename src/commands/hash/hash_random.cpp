// HRANDFIELD.
#include <algorithm>

#include "src/commands/hash/hash_access.h"
#include "src/commands/hash/hash_handlers.h"
#include "src/commands/shared/random_request.h"
#include "src/types/encoding/random_choice.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::HashView;
using types::Random;

void reply_fields(Context& context, const HashView& hash, const RandomRequest& request) {
  Reply& reply = context.reply;
  const bool flat = reply.protocol() == 2;
  const auto begin = [&](std::uint64_t count) { reply.array(request.with_values && flat ? 2 * count : count); };
  const auto add = [&](std::string_view field, std::string_view value) {
    if (request.with_values && !flat) reply.array(2);
    reply.bulk(field);
    if (request.with_values) reply.bulk(value);
  };
  Random random(context.random());
  if (request.count < 0) {
    const auto count = static_cast<std::uint64_t>(-request.count);
    begin(count);
    types::choose_with_repeats(hash, count, random, add, [&] { return reply.hopeless(); });
  } else {
    const auto count = static_cast<std::uint64_t>(request.count);
    begin(std::min<std::uint64_t>(count, hash.size()));
    types::choose_distinct(hash, count, random, add);
  }
}

}  // namespace

void hrandfield(Context& context) {
  const bool one = context.arguments.size() == 2;
  const auto request = one ? RandomRequest{1, false} : random_request(context, "WITHVALUES");
  if (!request) return;
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  const auto none = [&] { one ? context.reply.null() : context.reply.array(0); };
  if (record == nullptr) return none();
  const HashView hash = hash_view(context, *record);
  if (hash.size() == 0) return none();
  if (one) {
    Random random(context.random());
    return hash.visit_random(random, [&](std::string_view field, std::string_view) { context.reply.bulk(field); });
  }
  reply_fields(context, hash, *request);
}

}  // namespace terrace::commands
