#include "src/types/zset/sorted_set.h"

#include <algorithm>

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::ValueType;

constexpr unsigned kMemberAndScore = 2;
// The most that a member takes in a listpack beside its text, including the score's digits.
constexpr std::size_t kOverhead = 48;

}  // namespace

double SortedSetView::stored_score(const PackedElement& element) {
  if (element.is_integer()) return static_cast<double>(element.integer());
  return parse_stored_score(element.text()).value_or(0);
}

std::size_t SortedSetView::place_of(std::string_view member) const {
  return listpack_.find(member, listpack_.begin(), kMemberAndScore);
}

std::optional<double> SortedSetView::score(std::string_view member) const {
  if (tree_) return tree_->find(member);
  const std::size_t place = place_of(member);
  if (place == Listpack::kNowhere) return std::nullopt;
  return stored_score(listpack_.element(listpack_.next(place)));
}

std::optional<std::size_t> SortedSetView::rank(std::string_view member) const {
  if (tree_) {
    const auto score = tree_->find(member);
    return score ? std::optional(tree_->rank({*score, member})) : std::nullopt;
  }
  std::optional<std::size_t> found;
  std::size_t rank = 0;
  walk_listpack(0, [&](const ScoredMember& element) {
    if (element.member == member) found = rank;
    ++rank;
    return !found;
  });
  return found;
}

bool SortedSet::takes_further(std::string_view member) const {
  return static_cast<std::int64_t>(view().size()) < limits_.zset_max_listpack_entries &&
         static_cast<std::int64_t>(member.size()) <= limits_.zset_max_listpack_value &&
         bytes_.size() + member.size() + kOverhead < Listpack::kMaxSize;
}

bool SortedSet::set(const ScoredMember& element) {
  if (ScoreTree* const large = tree()) return large->set(element);
  const auto old_score = view().score(element.member);
  if (old_score) {
    if (*old_score == element.score) return false;
    erase(element.member);
  } else if (!takes_further(element.member)) {
    convert();
    return tree()->set(element);
  }
  insert_packed(element);
  return !old_score;
}

void SortedSet::insert_packed(const ScoredMember& element) {
  ListpackEditor editor(bytes_);
  const std::size_t rank = view().count_first([&](double score, const auto& member) {
    return ScoredMember{score, member()} < element;
  });
  const Listpack listpack = editor.view();
  const std::size_t at = listpack.at(static_cast<std::ptrdiff_t>(rank * 2));
  const std::size_t place = at == Listpack::kNowhere ? listpack.end() : at;
  editor.insert(place, ScoreText(element.score));
  editor.insert(place, element.member);
}

bool SortedSet::erase(std::string_view member) {
  if (ScoreTree* const large = tree()) return large->erase(member);
  const std::size_t place = view().place_of(member);
  if (place == Listpack::kNowhere) return false;
  ListpackEditor(bytes_).erase(place, kMemberAndScore);
  return true;
}

// As in Redis, a large sorted set never becomes a listpack again.
void SortedSet::convert() {
  auto large = std::make_unique<ScoreTree>();
  view().forward(0, [&large](const ScoredMember& element) {
    large->set(element);
    return true;
  });
  bytes_.set_record(bytes_.database().overwrite(record(), ValueType::kSortedSet, std::move(large),
                                                /*keep_expiry=*/true));
}

bool SortedSetBuilder::add(const ScoredMember& element) {
  longest_ = std::max(longest_, element.member.size());
  all_bytes_ += element.member.size() + kOverhead;
  return tree_->set(element);
}

Value SortedSetBuilder::take(const CollectionLimits& limits) {
  Value value{.type = ValueType::kSortedSet, .encoding = Encoding::kObject, .bytes = {}, .object = {}};
  if (static_cast<std::int64_t>(tree_->size()) > limits.zset_max_listpack_entries ||
      static_cast<std::int64_t>(longest_) > limits.zset_max_listpack_value || all_bytes_ >= Listpack::kMaxSize) {
    value.object = std::move(tree_);
    return value;
  }
  value.encoding = Encoding::kListpack;
  value.bytes = Listpack::empty();
  ListpackEditor editor(value.bytes);
  tree_->forward(0, [&editor](const ScoredMember& element) {
    editor.append(element.member);
    editor.append(ScoreText(element.score));
    return true;
  });
  return value;
}

}  // namespace terrace::types
