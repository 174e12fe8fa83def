// SORT: reads the elements, looks up their weights, sorts them, and replies or stores the result.
#include "src/commands/key/sort.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "src/commands/list/list_access.h"
#include "src/types/set/set.h"
#include "src/types/zset/sorted_set.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;

struct Element {
  std::string text;
  double score = 0;                        // for a numeric sort; 0 if the element has no weight
  std::optional<std::string> weight = {};  // for a sort of texts BY a pattern
};

// The elements from `begin` to before `end`.
struct Range {
  std::size_t begin;
  std::size_t end;
};

Range shown_range(const SortOptions& options, std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  const std::int64_t begin = std::min(std::max<std::int64_t>(options.offset, 0), all);
  const std::int64_t count = std::min(std::max<std::int64_t>(options.count, -1), all);
  const std::int64_t end = count < 0 ? all : std::min(begin + count, all);
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
}

std::vector<Element> shown_of(std::vector<Element> elements, const SortOptions& options) {
  const Range range = shown_range(options, elements.size());
  elements.resize(range.end);
  elements.erase(elements.begin(), elements.begin() + static_cast<std::ptrdiff_t>(range.begin));
  return elements;
}

// Reads a range of a value that has an order of its elements, the reverse of it for DESC. Used if nothing is sorted:
// only the elements of the reply are read.
template <typename View, typename TextOf>
std::vector<Element> read_range(const View& view, const SortOptions& options, const TextOf& text_of) {
  const Range range = options.sorted ? Range{0, view.size()} : shown_range(options, view.size());
  std::vector<Element> elements;
  if (range.begin == range.end) return elements;
  const std::size_t count = range.end - range.begin;
  elements.reserve(count);
  const auto add = [&](const auto& place) {
    elements.push_back({std::string(text_of(place))});
    return elements.size() < count;
  };
  if (!options.sorted && options.descending) {
    view.backward(view.size() - 1 - range.begin, add);
  } else {
    view.forward(range.begin, add);
  }
  return elements;
}

// Reads the elements to be sorted, or to be replied in the order of the value.
std::vector<Element> read_elements(const Record& record, const SortOptions& options) {
  if (record.type() == ValueType::kSortedSet) {
    return read_range(types::SortedSetView(record), options,
                      [](const types::ScoredMember& element) { return element.member; });
  }
  if (record.type() == ValueType::kList) {
    const types::ListView list(record);
    return read_range(list, options,
                      [&](const types::ListPlace& place) { return std::string(list.text(place).view()); });
  }
  std::vector<Element> elements;
  const types::SetView set(record);
  elements.reserve(set.size());
  set.for_each([&](std::string_view member) { elements.push_back({std::string(member)}); });
  if (!options.sorted) elements = shown_of(std::move(elements), options);
  return elements;
}

// As in Redis: reads a C string, with blanks in front allowed. Nothing: the text is not a number.
std::optional<double> score_of(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const double score = std::strtod(text.c_str(), &end);
  if (*end != '\0' || errno == ERANGE || std::isnan(score)) return std::nullopt;
  return score;
}

// True: all keys that `pattern` names for these elements are in memory. False: the handler must return; it is run
// again.
bool need_all(Context& context, const SortPattern& pattern, std::span<const Element> elements) {
  bool there = true;
  if (!pattern.names_keys()) return there;
  for (const Element& element : elements) there &= context.need(pattern.key_for(element.text));
  return there;
}

// Looks up the weights of the elements. False: one of them is not a number; the error is replied.
bool weigh(Context& context, const SortOptions& options, std::vector<Element>& elements) {
  bool numbers = true;
  for (Element& element : elements) {
    std::optional<std::string> weight;
    if (options.weight) weight = options.weight->value_for(context, element.text);
    if (options.by_text) {
      element.weight = std::move(weight);
    } else if (!options.weight || weight) {
      const auto score = score_of(weight ? *weight : element.text);
      numbers &= score.has_value();
      element.score = score.value_or(0);
    }
  }
  if (!numbers) context.reply.error("ERR One or more scores can't be converted into double");
  return numbers;
}

// The order of stored elements must not depend on the locale.
int compare_texts(const std::string& a, const std::string& b, bool stores) {
  return stores ? a.compare(b) : std::strcoll(a.c_str(), b.c_str());
}

int compare(const Element& a, const Element& b, const SortOptions& options) {
  if (!options.by_text) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return a.text.compare(b.text);
  }
  if (!options.weight) return compare_texts(a.text, b.text, options.stores);
  if (!a.weight || !b.weight) return static_cast<int>(a.weight.has_value()) - static_cast<int>(b.weight.has_value());
  return compare_texts(*a.weight, *b.weight, options.stores);
}

// The order of a set's elements may differ when the log is replayed: elements of equal weight are ordered by their
// text.
void sort_elements(std::vector<Element>& elements, const SortOptions& options, bool of_set) {
  if (of_set && options.by_text)
    std::sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  std::stable_sort(elements.begin(), elements.end(), [&](const Element& a, const Element& b) {
    const int order = compare(a, b, options);
    return options.descending ? order > 0 : order < 0;
  });
}

// About what sorting these elements of a record takes: the elements with their texts, what the sort uses beside them, and
// the list that is stored.
std::uint64_t sort_memory(const Record& record, const SortOptions& options, std::size_t size) {
  if (size == 0) return 0;
  const Range range = options.sorted || record.type() == ValueType::kSet ? Range{0, size} : shown_range(options, size);
  const std::uint64_t count = range.end - range.begin;
  const std::uint64_t texts = Record::footprint(&record) / size * count;
  return count * (sizeof(Element) + sizeof(Element) / 2) + texts * (options.stores ? 3 : 2);
}

std::size_t size_of(const Record& record) {
  if (record.type() == ValueType::kSortedSet) return types::SortedSetView(record).size();
  return record.type() == ValueType::kList ? types::ListView(record).size() : types::SetView(record).size();
}

void show(Context& context, const SortOptions& options, std::span<const Element> elements) {
  context.reply.array(elements.size() * std::max<std::size_t>(options.shown.size(), 1));
  for (const Element& element : elements) {
    if (options.shown.empty()) context.reply.bulk(element.text);
    for (const SortPattern& pattern : options.shown) {
      const auto value = pattern.value_for(context, element.text);
      if (value) {
        context.reply.bulk(*value);
      } else {
        context.reply.null();
      }
    }
  }
}

void store(Context& context, const SortOptions& options, std::vector<Element> elements) {
  // All elements are read before the target changes: the target may be one of the keys that are read.
  std::vector<std::string> values;
  values.reserve(elements.size() * std::max<std::size_t>(options.shown.size(), 1));
  for (Element& element : elements) {
    if (options.shown.empty()) values.push_back(std::move(element.text));
    for (const SortPattern& pattern : options.shown) {
      values.push_back(pattern.value_for(context, element.text).value_or(""));
    }
  }
  elements = {};
  if (!values.empty()) {
    Record* record =
        context.put(options.target, ValueType::kList, storage::Encoding::kListpack, types::Listpack::empty());
    types::List list = changed_list(context, options.target, record);
    for (const std::string& value : values) list.push(types::ListEnd::kRight, value);
    context.notify(kEventList, "sortstore", options.target);
  } else if (Record* record = context.write(options.target)) {
    context.remove(record);
    context.notify(kEventGeneric, "del", options.target);
  }
  context.reply.integer(static_cast<std::int64_t>(values.size()));
}

void sort_key(Context& context, bool may_store) {
  auto options = sort_options(context, may_store);
  if (!options) return;
  if (options->stores && !context.need(options->target)) return;
  const Record* record = context.read(context.argument(1));
  const bool of_set = record != nullptr && record->type() == ValueType::kSet;
  const bool of_sorted_set = record != nullptr && record->type() == ValueType::kSortedSet;
  if (record != nullptr && !of_set && !of_sorted_set && record->type() != ValueType::kList) {
    return context.reply.wrong_type();
  }
  if (!options->sorted && of_set && options->stores) {
    options->sorted = options->by_text = true;
    options->weight.reset();
  }
  if (record != nullptr && !context.take_memory(sort_memory(*record, *options, size_of(*record)))) return;
  std::vector<Element> elements;
  if (record != nullptr) elements = read_elements(*record, *options);
  if (options->sorted) {
    if (options->weight && !need_all(context, *options->weight, elements)) return;
    if (!weigh(context, *options, elements)) return;
    sort_elements(elements, *options, of_set || of_sorted_set);
    elements = shown_of(std::move(elements), *options);
  }
  bool there = true;
  for (const SortPattern& pattern : options->shown) there &= need_all(context, pattern, elements);
  if (!there) return;
  if (options->stores) return store(context, *options, std::move(elements));
  show(context, *options, elements);
}

}  // namespace

void sort(Context& context) {
  sort_key(context, true);
}
void sort_ro(Context& context) {
  sort_key(context, false);
}

}  // namespace terrace::commands
