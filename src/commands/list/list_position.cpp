// LPOS.
#include <limits>
#include <vector>

#include "src/commands/list/list_access.h"
#include "src/commands/list/list_handlers.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::ListPlace;
using types::ListView;

struct Search {
  std::int64_t rank = 1;                // the first match that is replied; negative: counted from the end
  std::optional<std::int64_t> matches;  // how many matches are replied; 0: all
  std::int64_t elements = 0;            // how many elements are compared; 0: all
};

// A number that is not negative. Nothing: the error is replied.
std::optional<std::int64_t> positive_argument(Context& context, std::size_t index, std::string_view error) {
  const auto number = types::parse_integer(context.argument(index));
  if (number && *number >= 0) return number;
  context.reply.error(error);
  return std::nullopt;
}

bool parse_rank(Context& context, std::size_t index, Search& search) {
  const auto rank = integer_argument(context, index);
  if (!rank) return false;
  if (*rank == std::numeric_limits<std::int64_t>::min()) {  // which cannot be negated
    context.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    return false;
  }
  search.rank = *rank;
  if (*rank != 0) return true;
  context.reply.error(
      "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start "
      "from "
      "the end of the list");
  return false;
}

std::optional<Search> parse_search(Context& context) {
  Search search;
  for (std::size_t i = 3; i < context.arguments.size(); i += 2) {
    const bool has_value = i + 1 < context.arguments.size();
    if (is_option(context.argument(i), "RANK") && has_value) {
      if (!parse_rank(context, i + 1, search)) return std::nullopt;
    } else if (is_option(context.argument(i), "COUNT") && has_value) {
      search.matches = positive_argument(context, i + 1, "ERR COUNT can't be negative");
      if (!search.matches) return std::nullopt;
    } else if (is_option(context.argument(i), "MAXLEN") && has_value) {
      const auto elements = positive_argument(context, i + 1, "ERR MAXLEN can't be negative");
      if (!elements) return std::nullopt;
      search.elements = *elements;
    } else {
      context.reply.syntax_error();
      return std::nullopt;
    }
  }
  return search;
}

std::vector<std::size_t> positions(const ListView& list, std::string_view text, const Search& search) {
  const bool from_behind = search.rank < 0;
  std::int64_t to_skip = (from_behind ? -search.rank : search.rank) - 1;
  const auto wanted = static_cast<std::size_t>(search.matches.value_or(1));
  const auto most = search.elements == 0 ? list.size() : static_cast<std::size_t>(search.elements);
  std::size_t seen = 0;
  std::vector<std::size_t> found;
  const auto look = [&](const ListPlace& place) {
    const std::size_t index = from_behind ? list.size() - 1 - seen : seen;
    ++seen;
    if (list.text(place).view() == text && to_skip-- <= 0) found.push_back(index);
    return seen < most && (wanted == 0 || found.size() < wanted);
  };
  if (from_behind) {
    list.backward(list.size() - 1, look);
  } else {
    list.forward(0, look);
  }
  return found;
}

}  // namespace

void lpos(Context& context) {
  const auto search = parse_search(context);
  if (!search) return;
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kList)) return;
  std::vector<std::size_t> found;
  if (record != nullptr) found = positions(ListView(*record), context.argument(2), *search);
  if (!search->matches) {
    if (found.empty()) return context.reply.null();
    return context.reply.integer(static_cast<std::int64_t>(found.front()));
  }
  context.reply.array(found.size());
  for (const std::size_t index : found) context.reply.integer(static_cast<std::int64_t>(index));
}

}  // namespace terrace::commands
