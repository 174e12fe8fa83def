// HRANDFIELD.
#include <limits>
#include <string>
#include <unordered_set>

#include "src/commands/argument.h"
#include "src/commands/collection_access.h"
#include "src/commands/hash_handlers.h"
#include "src/types/hash.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::HashView;
using types::Random;

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();

struct RandomRequest {
  std::int64_t count;  // negative: the same field may come several times
  bool with_values;
};

std::optional<RandomRequest> parse_request(Context& context) {
  const auto count = integer_argument(context, 2);
  if (!count) return std::nullopt;
  if (*count < -kMaxCount) {
    context.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    return std::nullopt;
  }
  const std::size_t arguments = context.arguments.size();
  if (arguments > 4 || (arguments == 4 && !is_option(context.argument(3), "WITHVALUES"))) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  if (arguments == 4 && (*count < -kMaxCount / 2 || *count > kMaxCount / 2)) {
    context.reply.error("ERR value is out of range");
    return std::nullopt;
  }
  return RandomRequest{*count, arguments == 4};
}

class RandomFields {
 public:
  RandomFields(Context& context, const HashView& hash, bool with_values)
      : reply_(context.reply), hash_(hash), with_values_(with_values), random_(context.random()) {}

  void with_repeats(std::uint64_t count) {
    begin(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      hash_.visit_random(random_, [this](std::string_view field, std::string_view value) { add(field, value); });
    }
  }
  void distinct(std::uint64_t count) {
    const std::uint64_t size = hash_.size();
    begin(std::min(count, size));
    if (count >= size / kFewOfMany) {
      choose(std::min(count, size), size);
    } else {
      draw(count);
    }
  }

 private:
  // Few of many fields are drawn one by one, and drawn again if they were drawn already; of others all are looked at.
  static constexpr std::uint64_t kFewOfMany = 3;

  void begin(std::uint64_t count) { reply_.array(with_values_ && reply_.protocol() == 2 ? 2 * count : count); }
  void add(std::string_view field, std::string_view value) {
    if (with_values_ && reply_.protocol() > 2) reply_.array(2);
    reply_.bulk(field);
    if (with_values_) reply_.bulk(value);
  }
  // Each field is taken with the chance that the rest needs it: any `count` of them are equally likely.
  void choose(std::uint64_t count, std::uint64_t size) {
    std::uint64_t wanted = count, left = size;
    hash_.for_each([&](std::string_view field, std::string_view value) {
      if (random_.below(left--) >= wanted) return;
      --wanted;
      add(field, value);
    });
  }
  void draw(std::uint64_t count) {
    std::unordered_set<std::string> drawn;
    while (drawn.size() < count) {
      hash_.visit_random(random_, [&](std::string_view field, std::string_view value) {
        if (drawn.emplace(field).second) add(field, value);
      });
    }
  }

  Reply& reply_;
  const HashView& hash_;
  bool with_values_;
  Random random_;
};

}  // namespace

void hrandfield(Context& context) {
  const bool one = context.arguments.size() == 2;
  const auto request = one ? RandomRequest{1, false} : parse_request(context);
  if (!request) return;
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  if (record == nullptr) return one ? context.reply.null() : context.reply.array(0);
  const HashView hash(*record);
  if (one) {
    Random random(context.random());
    return hash.visit_random(random, [&](std::string_view field, std::string_view) { context.reply.bulk(field); });
  }
  RandomFields fields(context, hash, request->with_values);
  if (request->count < 0) {
    fields.with_repeats(static_cast<std::uint64_t>(-request->count));
  } else {
    fields.distinct(static_cast<std::uint64_t>(request->count));
  }
}

}  // namespace terrace::commands
