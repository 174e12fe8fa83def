// ScoreTree: the members of a large sorted set: a B+tree in the order of score and member, with packed leaves and inner
// nodes that count the elements below them; and an index from a member to its leaf. To find a rank, or the place of a
// score, is a walk from the root; to find a member's score reads one bucket of the index and one leaf.
//
// Nodes are referred to by number, so that a leaf can move in memory.
// Ownership: owns all its memory; returned texts are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "src/types/encoding/member_index.h"
#include "src/types/encoding/score.h"
#include "src/types/encoding/score_leaf.h"
#include "storage/record/object.h"

namespace terrace::types {

class ScoreTree final : public storage::Object {
 public:
  static constexpr std::size_t kLeafBytes = 2048;
  static constexpr unsigned kFanout = 64;

  // Tests use smaller nodes.
  explicit ScoreTree(std::size_t leaf_bytes = kLeafBytes, unsigned fanout = kFanout);
  ~ScoreTree() override;

  std::size_t size() const { return static_cast<std::size_t>(root_.total); }
  std::optional<double> find(std::string_view member) const;
  // The number of elements before this one, which must exist.
  std::size_t rank(const ScoredMember& element) const;
  // The number of elements for which `first(score, member)` is true; they must come before all others. `member` is
  // called to get the text, which costs more than the score.
  template <typename First>
  std::size_t count_first(const First& first) const {
    Child at = root_;
    std::size_t before = 0;
    for (unsigned level = height_; level > 0; --level) {
      const Inner& inner = *inners_[at.node];
      unsigned low = 0, high = inner.count - 1u;  // the last child whose first element satisfies `first`
      while (low < high) {
        const unsigned middle = (low + high + 1) / 2;
        const Child& child = inner.children[middle];
        if (first(child.first_score, [&] { return first_member(child, level - 1); })) {
          low = middle;
        } else {
          high = middle - 1;
        }
      }
      for (unsigned i = 0; i < low; ++i) before += inner.children[i].total;
      at = inner.children[low];
    }
    if (size() == 0) return 0;
    const ScoreLeaf& leaf = *leaves_[at.node];
    unsigned low = 0, high = leaf.count;
    while (low < high) {
      const unsigned middle = (low + high) / 2;
      if (first(leaf.score(middle), [&] { return leaf.element(middle).member; })) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return before + low;
  }
  // Calls visit(element) from this rank on, forwards or backwards, until it returns false.
  template <typename Visit>
  void forward(std::size_t rank, const Visit& visit) const {
    if (rank < size()) walk(root_, height_, rank, visit);
  }
  template <typename Visit>
  void backward(std::size_t rank, const Visit& visit) const {
    if (rank < size()) walk_back(root_, height_, rank, visit);
  }
  // A step of a scan in the order of hashes, as MemberIndex::scan.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, const Visit& visit) const {
    return index_.scan(cursor, [&](const MemberIndex::Entry& entry) {
      const ScoreLeaf& leaf = *leaves_[entry.leaf];
      for (unsigned i = 0; i < leaf.count; ++i) {
        if (leaf.tag(i) != ScoreLeaf::tag_of(entry.hash)) continue;
        const ScoredMember element = leaf.element(i);
        if (MemberIndex::hash_of(element.member) == entry.hash) visit(element);
      }
    });
  }

  // --- texts passed in must not lie in this tree
  // True if the member is new.
  bool set(const ScoredMember& element);
  bool erase(std::string_view member);

  // --- storage::Object: RDB's encoding of sorted sets (a length, then members and scores of 8 bytes), in order
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;
  static std::unique_ptr<storage::ObjectBuilder> builder();

 private:
  // What an inner node holds of a child.
  struct Child {
    double first_score = 0;
    std::uint64_t total = 0;  // elements
    std::uint32_t node = 0;
  };
  struct Inner {
    std::uint32_t count;
    Child children[kFanout];
  };
  // Nodes by number; the numbers of freed ones are reused.
  template <typename Node>
  class Row {
   public:
    Node*& operator[](std::uint32_t number) { return nodes_[number]; }
    const Node* operator[](std::uint32_t number) const { return nodes_[number]; }
    std::uint32_t add(Node* node);
    void remove(std::uint32_t number);
    bool empty() const { return nodes_.empty(); }
    Node* take_last();

   private:
    std::deque<Node*> nodes_;
    std::vector<std::uint32_t> free_;
  };

  template <typename Visit>
  bool walk(const Child& at, unsigned level, std::size_t skip, const Visit& visit) const {
    if (level == 0) {
      const ScoreLeaf& leaf = *leaves_[at.node];
      for (auto i = static_cast<unsigned>(skip); i < leaf.count; ++i) {
        if (!visit(leaf.element(i))) return false;
      }
      return true;
    }
    const Inner& inner = *inners_[at.node];
    for (unsigned i = 0; i < inner.count; ++i) {
      const Child& child = inner.children[i];
      if (skip >= child.total) {
        skip -= child.total;
        continue;
      }
      if (!walk(child, level - 1, skip, visit)) return false;
      skip = 0;
    }
    return true;
  }
  template <typename Visit>
  bool walk_back(const Child& at, unsigned level, std::size_t last, const Visit& visit) const {
    if (level == 0) {
      const ScoreLeaf& leaf = *leaves_[at.node];
      for (auto i = static_cast<unsigned>(last) + 1; i-- > 0;) {
        if (!visit(leaf.element(i))) return false;
      }
      return true;
    }
    const Inner& inner = *inners_[at.node];
    unsigned i = 0;
    while (last >= inner.children[i].total) last -= inner.children[i++].total;
    for (;; last = inner.children[i].total - 1) {
      if (!walk_back(inner.children[i], level - 1, last, visit)) return false;
      if (i-- == 0) return true;
    }
  }

  std::string_view first_member(Child at, unsigned level) const;
  bool after(const ScoredMember& element, const Child& child, unsigned level) const;
  unsigned child_for(const Inner& inner, unsigned level, const ScoredMember& element) const;
  static unsigned place_in(const ScoreLeaf& leaf, const ScoredMember& element);
  // What the parent of this node must hold of it.
  Child told_of(std::uint32_t node, unsigned level) const;

  // `last`: nothing comes behind this node. Returns the node that was split off, if any.
  std::optional<Child> insert(Child& at, unsigned level, const ScoredMember& element, bool last);
  std::optional<Child> insert_into_leaf(Child& at, const ScoredMember& element, bool last);
  std::optional<Child> put_child(std::uint32_t number, unsigned level, unsigned index, const Child& child, bool last);
  void grow(const Child& right);
  void erase(Child& at, unsigned level, const ScoredMember& element);
  void tidy(Inner& inner, unsigned level, unsigned index);
  bool merge(Child& left, Child& right, unsigned level);
  void shrink();
  void move_tail(std::uint32_t from, unsigned index, std::uint32_t to);
  std::uint32_t add_leaf(ScoreLeaf* leaf);
  std::uint32_t add_inner();
  void remove_leaf(std::uint32_t number);
  void remove_inner(std::uint32_t number);
  void remove_node(std::uint32_t number, unsigned level) { level == 0 ? remove_leaf(number) : remove_inner(number); }

  const std::size_t leaf_bytes_;
  const unsigned fanout_;
  Child root_;           // without elements only its total has a meaning
  unsigned height_ = 0;  // 0: the root is a leaf
  Row<ScoreLeaf> leaves_;
  Row<Inner> inners_;
  MemberIndex index_;
  std::ptrdiff_t change_ = 0;  // of the footprint, not reported yet
};

}  // namespace terrace::types
