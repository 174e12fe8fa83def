// Sorted set: a record's value as members with scores, in the order of score and text. A small one is one listpack
// (member, score, member, ...) in the record's own bytes, a large one a ScoreTree; clients see the form only in OBJECT
// ENCODING. SortedSetView reads any record, SortedSet changes a record in the database, SortedSetBuilder makes a value
// from members, one by one. Ranks count from 0, the lowest score.
// Ownership: borrows the record; texts are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/listpack.h"
#include "src/types/encoding/random.h"
#include "src/types/encoding/record_bytes.h"
#include "src/types/encoding/score_tree.h"
#include "src/types/encoding/value.h"

namespace terrace::types {

class SortedSetView {
 public:
  explicit SortedSetView(const storage::Record& record)
      : tree_(static_cast<const ScoreTree*>(record.object())), listpack_(tree_ ? Listpack::empty() : record.bytes()) {}

  bool packed() const { return tree_ == nullptr; }
  std::size_t size() const { return tree_ ? tree_->size() : listpack_.count() / 2; }
  std::optional<double> score(std::string_view member) const;
  std::optional<std::size_t> rank(std::string_view member) const;

  // The number of elements for which `first(score, member)` is true; they must come before all others. `member()`
  // returns the text.
  template <typename First>
  std::size_t count_first(const First& first) const {
    if (tree_) return tree_->count_first(first);
    std::size_t count = 0;
    walk_listpack(0, [&](const ScoredMember& element) {
      if (!first(element.score, [&element] { return element.member; })) return false;
      ++count;
      return true;
    });
    return count;
  }
  // Calls visit(element) from this rank on, forwards or backwards, until it returns false.
  template <typename Visit>
  void forward(std::size_t rank, const Visit& visit) const {
    if (rank >= size()) return;
    tree_ ? tree_->forward(rank, visit) : walk_listpack(rank, visit);
  }
  template <typename Visit>
  void backward(std::size_t rank, const Visit& visit) const {
    if (rank >= size()) return;
    tree_ ? tree_->backward(rank, visit) : walk_listpack_back(rank, visit);
  }

  // --- what the collections have in common: visit(member, score)
  template <typename Visit>
  void for_each(const Visit& visit) const {
    forward(0, [&](const ScoredMember& element) {
      visit(element.member, element.score);
      return true;
    });
  }
  // A step of a scan, see MemberIndex::scan; a listpack takes one step.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    if (tree_) {
      return tree_->scan(cursor, [&](const ScoredMember& element) { visit(element.member, element.score); });
    }
    for_each(visit);
    return 0;
  }
  template <typename Visit>
  void visit_random(Random& random, const Visit& visit) const {
    forward(static_cast<std::size_t>(random.below(size())), [&](const ScoredMember& element) {
      visit(element.member, element.score);
      return false;
    });
  }

 private:
  friend class SortedSet;
  static double stored_score(const PackedElement& element);
  std::size_t place_of(std::string_view member) const;

  template <typename Visit>
  void walk_listpack(std::size_t rank, const Visit& visit) const {
    std::size_t place = listpack_.at(static_cast<std::ptrdiff_t>(rank * 2));
    while (place != Listpack::kNowhere && place != listpack_.end()) {
      const ElementText member(listpack_.element(place));
      place = listpack_.next(place);
      if (!visit(ScoredMember{stored_score(listpack_.element(place)), member.view()})) return;
      place = listpack_.next(place);
    }
  }
  template <typename Visit>
  void walk_listpack_back(std::size_t rank, const Visit& visit) const {
    std::size_t place = listpack_.at(static_cast<std::ptrdiff_t>(rank * 2));
    while (place != Listpack::kNowhere) {
      const ElementText member(listpack_.element(place));
      if (!visit(ScoredMember{stored_score(listpack_.element(listpack_.next(place))), member.view()})) return;
      place = listpack_.previous(place);
      if (place != Listpack::kNowhere) place = listpack_.previous(place);
    }
  }

  const ScoreTree* tree_;
  Listpack listpack_;
};

class SortedSet {
 public:
  // The record must be a sorted set, found for writing and marked as changed.
  SortedSet(storage::Database& database, storage::Record* record, const CollectionLimits& limits)
      : bytes_(database, record), limits_(limits) {}

  storage::Record* record() const { return bytes_.record(); }
  SortedSetView view() const { return SortedSetView(*record()); }
  bool empty() const { return view().size() == 0; }

  // True if the member is new. It must not lie in the set.
  bool set(const ScoredMember& element);
  // True if it was there. Removing the last member leaves an empty set, which the caller must remove.
  bool erase(std::string_view member);

 private:
  ScoreTree* tree() const { return static_cast<ScoreTree*>(record()->object()); }
  bool takes_further(std::string_view member) const;
  void insert_packed(const ScoredMember& element);
  void convert();

  RecordBytes bytes_;
  const CollectionLimits& limits_;
};

class SortedSetBuilder {
 public:
  SortedSetBuilder() : tree_(std::make_unique<ScoreTree>()) {}

  // False: the member was added already; it has the new score now.
  bool add(const ScoredMember& element);
  // The members added so far, in order.
  const ScoreTree& members() const { return *tree_; }
  // Packed if the limits allow it; it must not be empty.
  Value take(const CollectionLimits& limits);

 private:
  std::unique_ptr<ScoreTree> tree_;
  std::size_t longest_ = 0;
  std::size_t all_bytes_ = 0;
};

}  // namespace terrace::types
