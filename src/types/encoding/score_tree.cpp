#include "src/types/encoding/score_tree.h"

#include <cmath>
#include <limits>
#include <utility>

#include "src/types/encoding/image_builder.h"
#include "storage/memory/allocation.h"
#include "storage/record/rdb_string.h"

namespace terrace::types {
namespace {

// A leaf's cost beside its own bytes: the pointer that its number selects.
constexpr std::ptrdiff_t kNumberBytes = sizeof(void*);

}  // namespace

template <typename Node>
std::uint32_t ScoreTree::Row<Node>::add(Node* node) {
  if (free_.empty()) {
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  nodes_[number] = node;
  return number;
}

template <typename Node>
void ScoreTree::Row<Node>::remove(std::uint32_t number) {
  nodes_[number] = nullptr;
  free_.push_back(number);
}

// For discard(): numbers are not used any more.
template <typename Node>
Node* ScoreTree::Row<Node>::take_last() {
  Node* node = nodes_.back();
  nodes_.pop_back();
  return node;
}

ScoreTree::ScoreTree(std::size_t leaf_bytes, unsigned fanout)
    : leaf_bytes_(leaf_bytes), fanout_(std::min(fanout, kFanout)) {
  add_footprint(sizeof(ScoreTree));
}

ScoreTree::~ScoreTree() {
  discard(std::numeric_limits<std::size_t>::max());
}

// --- nodes

std::uint32_t ScoreTree::add_leaf(ScoreLeaf* leaf) {
  change_ += kNumberBytes;
  return leaves_.add(leaf);
}

std::uint32_t ScoreTree::add_inner() {
  auto* inner = ::new (storage::allocate(sizeof(Inner))) Inner{};
  change_ += static_cast<std::ptrdiff_t>(storage::usable_size(inner));
  return inners_.add(inner);
}

void ScoreTree::remove_leaf(std::uint32_t number) {
  ScoreLeaf::destroy(leaves_[number], change_);
  change_ -= kNumberBytes;
  leaves_.remove(number);
}

void ScoreTree::remove_inner(std::uint32_t number) {
  change_ -= static_cast<std::ptrdiff_t>(storage::usable_size(inners_[number]));
  storage::release(inners_[number]);
  inners_.remove(number);
}

ScoreTree::Child ScoreTree::told_of(std::uint32_t node, unsigned level) const {
  if (level == 0) {
    const ScoreLeaf& leaf = *leaves_[node];
    return {leaf.count > 0 ? leaf.score(0) : 0, leaf.count, node};
  }
  const Inner& inner = *inners_[node];
  Child told{inner.count > 0 ? inner.children[0].first_score : 0, 0, node};
  for (unsigned i = 0; i < inner.count; ++i) told.total += inner.children[i].total;
  return told;
}

// Updates the index for the elements that get another leaf.
void ScoreTree::move_tail(std::uint32_t from, unsigned index, std::uint32_t to) {
  const ScoreLeaf& leaf = *leaves_[from];
  for (unsigned i = index; i < leaf.count; ++i) index_.move({MemberIndex::hash_of(leaf.element(i).member), from}, to);
  ScoreLeaf::move_tail(leaves_[from], index, leaves_[to], change_);
}

// --- search

std::string_view ScoreTree::first_member(Child at, unsigned level) const {
  for (; level > 0; --level) at = inners_[at.node]->children[0];
  return leaves_[at.node]->element(0).member;
}

// Whether an element is a node's first one or comes behind it.
bool ScoreTree::after(const ScoredMember& element, const Child& child, unsigned level) const {
  if (child.first_score != element.score) return child.first_score < element.score;
  return first_member(child, level) <= element.member;
}

// The child that has an element or gets it: the last one that does not begin later.
unsigned ScoreTree::child_for(const Inner& inner, unsigned level, const ScoredMember& element) const {
  unsigned low = 0, high = inner.count - 1;
  while (low < high) {
    const unsigned middle = (low + high + 1) / 2;
    if (after(element, inner.children[middle], level - 1)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

unsigned ScoreTree::place_in(const ScoreLeaf& leaf, const ScoredMember& element) {
  unsigned low = 0, high = leaf.count;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    if (leaf.element(middle) < element) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<double> ScoreTree::find(std::string_view member) const {
  const std::uint32_t hash = MemberIndex::hash_of(member);
  std::optional<double> score;
  index_.any_leaf(hash, [&](std::uint32_t number) {
    const ScoreLeaf& leaf = *leaves_[number];
    const unsigned index = leaf.find(member, ScoreLeaf::tag_of(hash));
    if (index == ScoreLeaf::kNone) return false;
    score = leaf.score(index);
    return true;
  });
  return score;
}

std::size_t ScoreTree::rank(const ScoredMember& element) const {
  return count_first([&](double score, const auto& member) {
    return score != element.score ? score < element.score : member() < element.member;
  });
}

// --- changes

bool ScoreTree::set(const ScoredMember& element) {
  const auto old_score = find(element.member);
  if (old_score) {
    if (*old_score == element.score) return false;
    erase(element.member);
  }
  if (size() == 0) {
    ScoreLeaf* leaf = nullptr;
    const std::uint32_t hash = MemberIndex::hash_of(element.member);
    ScoreLeaf::insert(leaf, 0, ScoreLeaf::tag_of(hash), element, change_);
    root_ = {element.score, 1, add_leaf(leaf)};
    index_.add({hash, root_.node}, change_);
  } else if (const auto right = insert(root_, height_, element, true)) {
    grow(*right);
  }
  add_footprint(std::exchange(change_, 0));
  return !old_score;
}

bool ScoreTree::erase(std::string_view member) {
  const auto score = find(member);
  if (!score) return false;
  erase(root_, height_, {*score, member});
  shrink();
  add_footprint(std::exchange(change_, 0));
  return true;
}

std::optional<ScoreTree::Child> ScoreTree::insert(Child& at, unsigned level, const ScoredMember& element, bool last) {
  if (level == 0) return insert_into_leaf(at, element, last);
  Inner& inner = *inners_[at.node];
  const unsigned index = child_for(inner, level, element);
  std::optional<Child> right = insert(inner.children[index], level - 1, element, last && index + 1 == inner.count);
  if (right) right = put_child(at.node, level, index + 1, *right, last);
  at = told_of(at.node, level);
  return right;
}

std::optional<ScoreTree::Child> ScoreTree::insert_into_leaf(Child& at, const ScoredMember& element, bool last) {
  const std::uint32_t hash = MemberIndex::hash_of(element.member);
  std::uint32_t number = at.node;
  unsigned place = place_in(*leaves_[number], element);
  std::optional<Child> right;
  if (leaves_[number]->packed_size() + ScoreLeaf::packed_size(element) > leaf_bytes_ && leaves_[number]->count > 1) {
    // If elements are only ever added at the end, full leaves stay behind.
    const unsigned count = leaves_[number]->count, half = last && place == count ? count : (count + 1) / 2;
    right = Child{.node = add_leaf(nullptr)};
    if (half < count) move_tail(number, half, right->node);
    if (place > half || half == count) {
      place -= half;
      number = right->node;
    }
  }
  ScoreLeaf::insert(leaves_[number], place, ScoreLeaf::tag_of(hash), element, change_);
  index_.add({hash, number}, change_);
  at = told_of(at.node, 0);
  if (right) right = told_of(right->node, 0);
  return right;
}

// Inserts a child into an inner node, which may have to be split.
std::optional<ScoreTree::Child> ScoreTree::put_child(std::uint32_t number, unsigned level, unsigned index,
                                                     const Child& child, bool last) {
  Inner* inner = inners_[number];
  std::optional<Child> right;
  if (inner->count == fanout_) {
    const unsigned half = last && index == inner->count ? inner->count : (inner->count + 1) / 2;
    right = Child{.node = add_inner()};
    Inner* other = inners_[right->node];
    std::copy(inner->children + half, inner->children + inner->count, other->children);
    other->count = inner->count - half;
    inner->count = half;
    if (index > half || other->count == 0) {
      index -= half;
      inner = other;
    }
  }
  std::copy_backward(inner->children + index, inner->children + inner->count, inner->children + inner->count + 1);
  inner->children[index] = child;
  ++inner->count;
  if (right) right = told_of(right->node, level);
  return right;
}

// The root was split: one more level.
void ScoreTree::grow(const Child& right) {
  const std::uint32_t number = add_inner();
  Inner& inner = *inners_[number];
  inner.count = 2;
  inner.children[0] = root_;
  inner.children[1] = right;
  root_ = told_of(number, ++height_);
}

void ScoreTree::erase(Child& at, unsigned level, const ScoredMember& element) {
  if (level == 0) {
    ScoreLeaf*& leaf = leaves_[at.node];
    ScoreLeaf::erase(leaf, place_in(*leaf, element), change_);
    index_.erase({MemberIndex::hash_of(element.member), at.node}, change_);
  } else {
    Inner& inner = *inners_[at.node];
    const unsigned index = child_for(inner, level, element);
    erase(inner.children[index], level - 1, element);
    tidy(inner, level, index);
  }
  at = told_of(at.node, level);
}

// A child that has lost elements is removed when it is empty, and merged when a neighbour has room for it.
void ScoreTree::tidy(Inner& inner, unsigned level, unsigned index) {
  const auto forget = [&inner](unsigned gone) {
    std::copy(inner.children + gone + 1, inner.children + inner.count, inner.children + gone);
    --inner.count;
  };
  if (inner.children[index].total == 0) {
    remove_node(inner.children[index].node, level - 1);
    return forget(index);
  }
  if (index > 0 && merge(inner.children[index - 1], inner.children[index], level - 1)) return forget(index);
  if (index + 1 < inner.count && merge(inner.children[index], inner.children[index + 1], level - 1)) forget(index + 1);
}

// Merges two neighbours if the result is at most half full.
bool ScoreTree::merge(Child& left, Child& right, unsigned level) {
  if (level == 0) {
    if (leaves_[left.node]->packed_size() + leaves_[right.node]->packed_size() > leaf_bytes_ / 2) return false;
    move_tail(right.node, 0, left.node);
  } else {
    Inner& to = *inners_[left.node];
    const Inner& from = *inners_[right.node];
    if (to.count + from.count > fanout_ / 2) return false;
    std::copy(from.children, from.children + from.count, to.children + to.count);
    to.count += from.count;
  }
  remove_node(right.node, level);
  left = told_of(left.node, level);
  return true;
}

void ScoreTree::shrink() {
  while (height_ > 0 && inners_[root_.node]->count <= 1) {
    const std::uint32_t old_root = root_.node;
    const bool any = inners_[old_root]->count == 1;
    const Child below = any ? inners_[old_root]->children[0] : Child{};
    remove_inner(old_root);
    root_ = below;
    height_ = any ? height_ - 1 : 0;
    if (!any) return;
  }
  if (height_ == 0 && root_.total == 0) remove_leaf(root_.node);
}

// --- storage::Object

std::size_t ScoreTree::image_size_bound() const {
  // Members are no larger than the leaves and blobs that hold them.
  return (storage::kMaxRdbLength + sizeof(double)) * (1 + size()) + footprint_bytes();
}

// The cursor is a rank.
std::uint64_t ScoreTree::encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const {
  const std::size_t before = out.size();
  if (cursor == 0) storage::put_rdb_length(out, size());
  forward(cursor, [&](const ScoredMember& element) {
    storage::put_rdb_string(out, element.member);
    storage::put_fixed(out, element.score);
    ++cursor;
    return out.size() - before < budget_bytes;
  });
  return cursor < size() ? cursor : 0;
}

bool ScoreTree::discard(std::size_t budget_bytes) {
  std::ptrdiff_t freed = 0;
  bool left = true;
  while (left && static_cast<std::size_t>(-freed) < budget_bytes) {
    if (!leaves_.empty()) {
      if (ScoreLeaf* leaf = leaves_.take_last()) {
        freed -= kNumberBytes;
        ScoreLeaf::destroy(leaf, freed);
      }
    } else if (!inners_.empty()) {
      if (Inner* inner = inners_.take_last()) {
        freed -= static_cast<std::ptrdiff_t>(storage::usable_size(inner));
        storage::release(inner);
      }
    } else {
      left = index_.discard_bucket(freed);
    }
  }
  add_footprint(freed);
  return !left;
}

std::unique_ptr<storage::ObjectBuilder> ScoreTree::builder() {
  class Builder final : public ImageBuilder {
    bool add(RdbReader& reader) override {
      const RdbText member = reader.text();
      const double score = reader.binary_double();
      return !reader.ok() || (!std::isnan(score) && tree_->set({score, member.view()}));
    }
    storage::ObjectPointer object() override { return std::move(tree_); }

    std::unique_ptr<ScoreTree> tree_ = std::make_unique<ScoreTree>();
  };
  return std::make_unique<Builder>();
}

}  // namespace terrace::types
