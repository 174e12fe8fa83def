#include "tests/fuzz/value_use.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "src/types/encoding/random_choice.h"
#include "src/types/hash/hash.h"
#include "src/types/list/list.h"
#include "src/types/set/set.h"
#include "src/types/string/bitmap.h"
#include "src/types/string/hyperloglog.h"
#include "src/types/string/string.h"
#include "src/types/zset/sorted_set.h"

namespace terrace::fuzz {
namespace {

using namespace terrace::types;
using storage::Record;
using storage::ValueType;

constexpr unsigned kChanges = 12;
// As if a client had sent them: also what looks like an integer, and what is too large to be packed.
std::string fresh_text(Random& random) {
  switch (random.below(6)) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(random()));
    case 1:
      return std::to_string(random.below(300));
    case 2:
      return std::string(random.below(400), 'y');
    default:
      return "x" + std::to_string(random.below(1000));
  }
}

// --- what hashes, sets and sorted sets have in common: names, each once, with something or nothing
using Entries = std::map<std::string, std::string>;

std::string told() {
  return "";
}
std::string told(std::string_view value) {
  return std::string(value);
}
std::string told(double score) {
  FUZZ_REQUIRE(score == score, "no number");  // NOLINT(misc-redundant-expression): a NaN is not
  return std::to_string(score);
}

template <typename View>
Entries entries_of(const View& view) {
  Entries entries;
  view.for_each([&](std::string_view name, auto... rest) {
    FUZZ_REQUIRE(entries.emplace(name, told(rest...)).second, "twice: " + std::string(name));
  });
  FUZZ_REQUIRE(entries.size() == view.size(), std::to_string(entries.size()) + " of " + std::to_string(view.size()));
  FUZZ_REQUIRE(!entries.empty(), "an empty collection");
  return entries;
}

template <typename View>
void walk_entries(const View& view, const Entries& entries, Random& random) {
  Entries scanned;
  std::uint64_t cursor = 0;
  do {
    cursor = view.scan(cursor, [&](std::string_view name, auto... rest) {
      FUZZ_REQUIRE(scanned.emplace(name, told(rest...)).second, "scanned twice: " + std::string(name));
    });
  } while (cursor != 0);
  FUZZ_REQUIRE(scanned == entries, "a scan shows something else");
  unsigned chosen = 0;
  const auto choose = [&](std::string_view name, auto...) {
    FUZZ_REQUIRE(entries.contains(std::string(name)), "chosen and not there: " + std::string(name));
    ++chosen;
  };
  choose_with_repeats(view, 3, random, choose);
  choose_distinct(view, 2, random, choose);
  FUZZ_REQUIRE(chosen == 3 + std::min<std::size_t>(2, entries.size()), "not as many chosen as wanted");
}

const std::string& any_of(const Entries& entries, Random& random) {
  return std::next(entries.begin(), static_cast<std::ptrdiff_t>(random.below(entries.size())))->first;
}

// --- hashes
void read_hash(const Record& record, Random& random) {
  const HashView hash(record, kBeforeAnyTime);
  const Entries entries = entries_of(hash);
  walk_entries(hash, entries, random);
  for (const auto& [field, value] : entries) {
    const auto found = hash.find(field);
    FUZZ_REQUIRE(found && found->view() == value, "not found: " + field);
  }
  const std::string absent = fresh_text(random);
  FUZZ_REQUIRE(hash.contains(absent) == entries.contains(absent), "found or not: " + absent);
}

Record* change_hash(ValueStore& store, Record* record, const CollectionLimits& limits, Random& random) {
  Entries model = entries_of(HashView(*record, kBeforeAnyTime));
  Hash hash(store.database(), record, limits);
  for (unsigned i = 0; i < kChanges && !hash.empty(); ++i) {
    const std::string field = random.below(2) ? any_of(model, random) : fresh_text(random);
    if (random.below(3) == 0) {
      FUZZ_REQUIRE(hash.erase(field) == (model.erase(field) == 1), "erased or not: " + field);
    } else {
      const std::string value = fresh_text(random);
      FUZZ_REQUIRE(hash.set(field, value) == model.insert_or_assign(field, value).second, "new or not: " + field);
    }
  }
  if (!hash.empty()) FUZZ_REQUIRE(entries_of(hash.view()) == model, "not what the changes made");
  return hash.record();
}

// --- sets
void read_set(const Record& record, Random& random) {
  const SetView set(record);
  const Entries entries = entries_of(set);
  walk_entries(set, entries, random);
  for (const auto& [member, nothing] : entries) FUZZ_REQUIRE(set.contains(member), "not found: " + member);
  const std::string absent = fresh_text(random);
  FUZZ_REQUIRE(set.contains(absent) == entries.contains(absent), "found or not: " + absent);
}

Record* change_set(ValueStore& store, Record* record, const CollectionLimits& limits, Random& random) {
  Entries model = entries_of(SetView(*record));
  Set set(SetInRecord(store.database(), record), limits);
  for (unsigned i = 0; i < kChanges && !set.empty(); ++i) {
    const std::string member = random.below(2) ? any_of(model, random) : fresh_text(random);
    if (random.below(3) == 0) {
      FUZZ_REQUIRE(set.erase(member) == (model.erase(member) == 1), "erased or not: " + member);
    } else {
      FUZZ_REQUIRE(set.add(member) == model.emplace(member, "").second, "new or not: " + member);
    }
  }
  if (!set.empty()) FUZZ_REQUIRE(entries_of(set.view()) == model, "not what the changes made");
  return set.holder().record();
}

// --- sorted sets
using Scored = std::vector<std::pair<double, std::string>>;

Scored in_order(const SortedSetView& set) {
  Scored elements;
  set.forward(0, [&](const ScoredMember& element) {
    elements.emplace_back(element.score, element.member);
    return true;
  });
  return elements;
}

void read_sorted_set(const Record& record, Random& random) {
  const SortedSetView set(record);
  const Entries entries = entries_of(set);
  walk_entries(set, entries, random);
  Scored elements = in_order(set), back;
  set.backward(set.size() - 1, [&](const ScoredMember& element) {
    back.emplace_back(element.score, element.member);
    return true;
  });
  FUZZ_REQUIRE(std::equal(elements.begin(), elements.end(), back.rbegin(), back.rend()), "another row from behind");
  FUZZ_REQUIRE(std::is_sorted(elements.begin(), elements.end()), "out of order");
  for (std::size_t rank = 0; rank < elements.size(); ++rank) {
    const auto& [score, member] = elements[rank];
    FUZZ_REQUIRE(set.score(member) == score, "another score: " + member);
    FUZZ_REQUIRE(set.rank(member) == rank, "another rank: " + member);
  }
  const double bound = elements[random.below(elements.size())].first;
  const auto below =
      std::count_if(elements.begin(), elements.end(), [&](const auto& each) { return each.first < bound; });
  FUZZ_REQUIRE(
      set.count_first([&](double score, const auto&) { return score < bound; }) == static_cast<std::size_t>(below),
      "not as many below a score");
  const std::string absent = fresh_text(random);
  FUZZ_REQUIRE(set.rank(absent).has_value() == entries.contains(absent), "found or not: " + absent);
}

double fresh_score(Random& random) {
  constexpr double kScores[] = {0, -0.0, 1, -1, 0.1, 1e300, 5e-324, 17179869184.0, 0x1p62};
  return random.below(2) ? static_cast<double>(random.below(20)) : kScores[random.below(std::size(kScores))];
}

Record* change_sorted_set(ValueStore& store, Record* record, const CollectionLimits& limits, Random& random) {
  std::map<std::string, double> model;
  for (const auto& [score, member] : in_order(SortedSetView(*record))) model.emplace(member, score);
  SortedSet set(store.database(), record, limits);
  for (unsigned i = 0; i < kChanges && !set.empty(); ++i) {
    std::string member = fresh_text(random);
    if (random.below(2))
      member = std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())))->first;
    if (random.below(3) == 0) {
      FUZZ_REQUIRE(set.erase(member) == (model.erase(member) == 1), "erased or not: " + member);
    } else {
      const double score = fresh_score(random);
      FUZZ_REQUIRE(set.set({score, member}) == model.insert_or_assign(member, score).second, "new or not: " + member);
    }
  }
  for (const auto& [score, member] : in_order(set.view())) {
    FUZZ_REQUIRE(model.contains(member) && model[member] == score, "not what the changes made: " + member);
  }
  FUZZ_REQUIRE(set.view().size() == model.size(), "more or less than the changes made");
  return set.record();
}

// --- lists
using Elements = std::vector<std::string>;

Elements elements_of(const ListView& list) {
  Elements elements;
  list.forward(0, [&](const ListPlace& place) {
    elements.emplace_back(list.text(place).view());
    return true;
  });
  FUZZ_REQUIRE(elements.size() == list.size(), std::to_string(elements.size()) + " of " + std::to_string(list.size()));
  return elements;
}

void read_list(const Record& record, Random& random) {
  const ListView list(record);
  const Elements elements = elements_of(list);
  FUZZ_REQUIRE(!elements.empty(), "an empty list");
  Elements back;
  list.backward(list.size() - 1, [&](const ListPlace& place) {
    back.emplace_back(list.text(place).view());
    return true;
  });
  FUZZ_REQUIRE(std::equal(elements.begin(), elements.end(), back.rbegin(), back.rend()), "another row from behind");
  for (unsigned i = 0; i < 8; ++i) {
    const std::size_t index = random.below(elements.size());
    FUZZ_REQUIRE(list.element(index).view() == elements[index], "another element at " + std::to_string(index));
  }
}

void change_element(List& list, Elements& model, Random& random) {
  const std::size_t index = random.below(model.size());
  const auto at = model.begin() + static_cast<std::ptrdiff_t>(index);
  const std::string text = random.below(3) ? fresh_text(random) : model[random.below(model.size())];
  switch (random.below(7)) {
    case 0:
      list.push(ListEnd::kLeft, text);
      model.insert(model.begin(), text);
      break;
    case 1:
      list.push(ListEnd::kRight, text);
      model.push_back(text);
      break;
    case 2:
      list.insert_before(list.view().at(index), text);
      model.insert(at, text);
      break;
    case 3:
      list.insert_after(list.view().at(index), text);
      model.insert(at + 1, text);
      break;
    case 4:
      list.replace(list.view().at(index), text);
      *at = text;
      break;
    case 5: {
      const std::size_t count = 1 + random.below(std::min<std::size_t>(model.size() - index, 40));
      list.erase(index, count);
      model.erase(at, at + static_cast<std::ptrdiff_t>(count));
      break;
    }
    default: {
      const std::size_t gone = list.erase_equal(text, ListEnd::kLeft, model.size());
      FUZZ_REQUIRE(gone == std::erase(model, text), "not as many equal ones erased");
    }
  }
}

Record* change_list(ValueStore& store, Record* record, const CollectionLimits& limits, Random& random) {
  Elements model = elements_of(ListView(*record));
  List list(store.database(), record, limits);
  for (unsigned i = 0; i < kChanges && !list.empty(); ++i) change_element(list, model, random);
  FUZZ_REQUIRE(elements_of(list.view()) == model, "not what the changes made");
  return list.record();
}

// --- strings: as text, number, bits and sketch
void read_string(const Record& record, Random& random) {
  const StringText kept(record);
  const std::string text(kept.view());
  FUZZ_REQUIRE(string_size(record) == text.size(), "another size");
  FUZZ_REQUIRE(string_integer(record) == parse_integer(text), "another number");
  static_cast<void>(string_real(record));
  if (text.empty()) return;
  const std::uint64_t last = text.size() * 8 - 1, at = random.below(last + 1);
  const std::uint64_t ones = count_bits(text, {0, last});
  FUZZ_REQUIRE(ones == count_bits(text, {0, at}) + (at < last ? count_bits(text, {at + 1, last}) : 0),
               "another count of bits");
  FUZZ_REQUIRE(find_bit(text, {0, last}, true).has_value() == (ones > 0), "a bit found or not");
}

Record* change_string(ValueStore& store, Record* record, const CollectionLimits& limits, Random& random) {
  const auto sketch = HyperLogLogView::of(StringText(*record).view());
  if (!sketch) return record;
  HllRegisters registers{};
  const auto count = sketch->count();
  FUZZ_REQUIRE(sketch->merge_into(registers) == count.has_value(), "registers are corrupt or not");
  if (count) FUZZ_REQUIRE(count_registers(registers) == *count, "another count of registers");
  HyperLogLog edited(StringText(*record).view());
  const HllObservation seen = HllObservation::of(fresh_text(random));
  const HllRaise raised = edited.raise(seen, static_cast<std::size_t>(limits.hll_sparse_max_bytes));
  FUZZ_REQUIRE(!count || raised != HllRaise::kCorrupt, "corrupt to who raises a register");
  if (!count || !edited.make_dense()) return record;
  FUZZ_REQUIRE(edited.view().dense_register(seen.index) == std::max(registers[seen.index], seen.rank),
               "a register not raised");
  const std::string bytes = edited.bytes();
  record = store.database().overwrite(record, ValueType::kString, storage::Encoding::kRaw,
                                      static_cast<std::uint32_t>(bytes.size()), false);
  std::copy(bytes.begin(), bytes.end(), record->value());
  return record;
}

}  // namespace

void read_value(const Record& record, Random& random) {
  switch (record.type()) {
    case ValueType::kHash:
      return read_hash(record, random);
    case ValueType::kSet:
      return read_set(record, random);
    case ValueType::kSortedSet:
      return read_sorted_set(record, random);
    case ValueType::kList:
      return read_list(record, random);
    case ValueType::kStream:
      return read_stream(record, random);
    default:
      return read_string(record, random);
  }
}

Record* change_value(ValueStore& store, Record* record, const CollectionLimits& limits, Random& random) {
  store.database().change(record);
  const auto is_empty = [](const auto& view) { return view.size() == 0; };
  bool empty = false;
  switch (record->type()) {
    case ValueType::kHash:
      record = change_hash(store, record, limits, random);
      empty = is_empty(HashView(*record, kBeforeAnyTime));
      break;
    case ValueType::kSet:
      record = change_set(store, record, limits, random);
      empty = is_empty(SetView(*record));
      break;
    case ValueType::kSortedSet:
      record = change_sorted_set(store, record, limits, random);
      empty = is_empty(SortedSetView(*record));
      break;
    case ValueType::kList:
      record = change_list(store, record, limits, random);
      empty = is_empty(ListView(*record));
      break;
    case ValueType::kStream:
      change_stream(record, limits, random);
      break;
    default:
      record = change_string(store, record, limits, random);
  }
  if (!empty) return record;
  store.erase(record);
  return nullptr;
}

}  // namespace terrace::fuzz
