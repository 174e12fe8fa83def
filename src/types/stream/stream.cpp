#include "src/types/stream/stream.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace terrace::types {
namespace {

// Redis' limit for a node, whatever the directive.
constexpr std::uint64_t kMaxNodeBytes = std::uint64_t{1} << 30;

}  // namespace

Stream::Stream() {
  add_footprint(sizeof(Stream));
}

Stream::~Stream() {
  discard(std::numeric_limits<std::size_t>::max());
}

Stream::Nodes::Place Stream::node_of(const StreamId& id) const {
  const auto place = nodes_.lower_bound(id);
  if (place == nodes_.begin() || (place != nodes_.end() && nodes_[place].id == id)) return place;
  return place == nodes_.end() ? nodes_.last() : nodes_.previous(place);
}

StreamId Stream::last_entry_id() const {
  StreamId last;
  backward({}, StreamId::greatest(), [&](const StreamEntry& entry, const StreamNodeView&) {
    last = entry.id;
    return false;
  });
  return last;
}

bool Stream::contains(const StreamId& id) const {
  bool found = false;
  forward(id, id, [&](const StreamEntry&, const StreamNodeView&) {
    found = true;
    return false;
  });
  return found;
}

void Stream::find_first_id() {
  first_id_ = {};
  forward({}, StreamId::greatest(), [&](const StreamEntry& entry, const StreamNodeView&) {
    first_id_ = entry.id;
    return false;
  });
}

// Exactly Redis' rule, because the nodes must be the same: it counts the listpack's present bytes, the new texts, and
// all entries, deleted or not.
bool Stream::fits(const StreamNode& node, std::size_t more, const StreamNodeLimit& limit) const {
  const std::uint64_t bytes = limit.bytes == 0 || limit.bytes > kMaxNodeBytes ? kMaxNodeBytes : limit.bytes;
  if (node.size + more >= bytes) return false;
  const StreamNodeView view = node.view();
  return limit.entries == 0 || static_cast<std::uint64_t>(view.live() + view.deleted()) < limit.entries;
}

void Stream::append(const StreamId& id, std::span<const std::string_view> pairs, const StreamNodeLimit& limit) {
  std::size_t bytes = 0;
  for (const std::string_view text : pairs) bytes += text.size();
  if (!nodes_.empty() && !fits(unpacked(nodes_.last()), bytes, limit)) {
    pack(nodes_.last());
    nodes_.insert(StreamNode::begun(id, pairs, *this), *this);
  } else if (nodes_.empty()) {
    nodes_.insert(StreamNode::begun(id, pairs, *this), *this);
  }
  nodes_[nodes_.last()].append(id, pairs, *this);
  ++size_;
  ++entries_added_;
  last_id_ = id;
  if (size_ == 1) first_id_ = id;
}

void Stream::pack(const Nodes::Place& place) {
  saved_bytes_ -= nodes_[place].saved();
  nodes_[place].pack(*this);
  saved_bytes_ += nodes_[place].saved();
}

StreamNode& Stream::unpacked(const Nodes::Place& place) {
  saved_bytes_ -= nodes_[place].saved();
  nodes_[place].unpack(*this);
  return nodes_[place];
}

StreamNode& Stream::to_be_changed(const Nodes::Place& place) {
  StreamNode& node = nodes_[place];
  if (!node.packed()) return node;
  const auto before = nodes_.lower_bound(changed_);
  if (before != nodes_.end() && nodes_[before].id == changed_ && before != nodes_.last()) pack(before);
  changed_ = node.id;
  return unpacked(place);
}

Stream::Nodes::Place Stream::remove_node(const Nodes::Place& place) {
  saved_bytes_ -= nodes_[place].saved();
  nodes_[place].free(*this);
  return nodes_.erase(place, *this);
}

bool Stream::take_away(const StreamId& id) {
  std::optional<std::size_t> place;
  forward(id, id, [&](const StreamEntry& entry, const StreamNodeView&) {
    place = entry.place;
    return false;
  });
  if (!place) return false;
  const auto at = node_of(id);
  if (nodes_[at].live() == 1) {
    remove_node(at);
  } else {
    to_be_changed(at).mark_deleted(*place, *this);
  }
  --size_;
  return true;
}

bool Stream::erase(const StreamId& id) {
  if (!take_away(id)) return false;
  if (id > max_deleted_id_) max_deleted_id_ = id;
  if (id == first_id_) find_first_id();
  return true;
}

bool Stream::whole_goes(const StreamNode& node, const StreamTrim& trim) const {
  if (trim.by == StreamTrim::By::kLength) {
    const auto live = static_cast<std::uint64_t>(node.live());
    return size_ > trim.length && size_ - live >= trim.length;
  }
  return node.last_id() < trim.first;
}

bool Stream::would_trim(const StreamTrim& trim) const {
  if (trim.by == StreamTrim::By::kNothing || nodes_.empty() || trimmed(trim)) return false;
  const StreamNode& node = nodes_[nodes_.begin()];
  if (trim.limit != 0 && static_cast<std::uint64_t>(node.live()) > trim.limit) return false;
  if (trim.approximate || trim.by == StreamTrim::By::kLength) return !trim.approximate || whole_goes(node, trim);
  return node.id < trim.first;
}

std::uint64_t Stream::trim(const StreamTrim& trim) {
  const bool one_by_one = trim.references != StreamReferences::kKeep && !groups_.empty();
  std::uint64_t gone = 0;
  for (auto at = nodes_.begin(); trim.by != StreamTrim::By::kNothing && at != nodes_.end() && !trimmed(trim);) {
    const auto live = static_cast<std::uint64_t>(nodes_[at].live());
    if (trim.limit != 0 && gone + live > trim.limit) break;
    const bool whole = whole_goes(nodes_[at], trim);
    if (one_by_one && (whole || !trim.approximate)) {
      const StreamId id = nodes_[at].id;
      gone += trim_referenced(at, trim);
      if (!whole && trim.by == StreamTrim::By::kId) break;
      at = nodes_.lower_bound(id);
      if (at != nodes_.end() && nodes_[at].id == id) at = nodes_.next(at);
      continue;
    }
    if (!whole) {
      if (!trim.approximate) gone += trim_within(to_be_changed(at), trim);
      break;
    }
    at = remove_node(at);
    size_ -= live;
    gone += live;
  }
  if (gone > 0) find_first_id();
  return gone;
}

// The node may be freed.
std::uint64_t Stream::trim_referenced(const Nodes::Place& at, const StreamTrim& trim) {
  std::vector<StreamId> ids;
  {
    const OpenStreamNode open(nodes_[at]);
    const StreamNodeView node = open.view();
    StreamEntry entry;
    for (std::size_t place = node.begin(); place != node.end(); place = node.behind(entry)) {
      entry = node.entry(place);
      if (trim.by == StreamTrim::By::kLength ? size_ - ids.size() <= trim.length : entry.id >= trim.first) break;
      const bool stays = trim.references == StreamReferences::kRespect && awaited(entry.id);
      if (!entry.deleted && !stays) ids.push_back(entry.id);
    }
  }
  for (const StreamId& id : ids) {
    if (trim.references == StreamReferences::kDrop) {
      for (const auto& group : groups_) group->acknowledge(id);
    }
    take_away(id);
  }
  if (ids.empty()) return 0;
  // If an entry before the removed ones stays, the removed ones are not at the front, so counting must know of them.
  find_first_id();
  if (size_ > 0 && first_id_ < ids.back()) max_deleted_id_ = std::max(max_deleted_id_, ids.back());
  return ids.size();
}

std::uint64_t Stream::trim_within(StreamNode& node, const StreamTrim& trim) {
  std::uint64_t gone = 0;
  for (std::size_t place = node.view().begin(); place != node.view().end() && !trimmed(trim);) {
    const StreamEntry entry = node.view().entry(place);
    if (trim.by == StreamTrim::By::kId && entry.id >= trim.first) break;
    const std::size_t length = node.view().behind(entry) - place;
    if (!entry.deleted) {
      // The counters in front may take fewer bytes now.
      const std::size_t before = node.size;
      node.mark_deleted(place, *this);
      place = place + node.size - before;
      --size_;
      ++gone;
    }
    place += length;
  }
  return gone;
}

// Removes deleted entries above the new last id: nodes and their entries must stay in order.
void Stream::set_last_id(const StreamId& id) {
  while (!nodes_.empty() && nodes_[nodes_.last()].live() == 0 && nodes_[nodes_.last()].last_id() > id) {
    remove_node(nodes_.last());
  }
  if (!nodes_.empty()) unpacked(nodes_.last()).cut_behind(id, *this);
  last_id_ = id;
}

bool Stream::pending(const StreamId& id) const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [&](const auto& group) { return group->find_pending(id) != nullptr; });
}

bool Stream::awaited(const StreamId& id) const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [&](const auto& group) { return group->last_id < id || group->find_pending(id) != nullptr; });
}

Stream::Groups::const_iterator Stream::group_place(std::string_view name) const {
  return std::partition_point(groups_.begin(), groups_.end(), [&](const auto& group) { return group->name() < name; });
}

StreamGroup* Stream::group(std::string_view name) const {
  const auto place = group_place(name);
  return place != groups_.end() && (*place)->name() == name ? place->get() : nullptr;
}

StreamGroup* Stream::add_group(std::string_view name) {
  if (group(name) != nullptr) return nullptr;
  return groups_.insert(group_place(name), std::make_unique<StreamGroup>(*this, name))->get();
}

bool Stream::remove_group(std::string_view name) {
  if (group(name) == nullptr) return false;
  groups_.erase(group_place(name));
  return true;
}

std::int64_t Stream::ordinal_of(const StreamId& id) const {
  const auto added = static_cast<std::int64_t>(entries_added_);
  const auto before = static_cast<std::int64_t>(entries_added_ - size_);
  if (added == 0) return 0;
  if (size_ == 0 && id <= last_id_) return added;
  if (id == last_id_) return added;
  if (id > last_id_) return StreamGroup::kUnknownReads;
  if (max_deleted_id_.zero() || max_deleted_id_ < first_id_) {
    if (id < first_id_) return before;
    if (id == first_id_) return static_cast<std::int64_t>(entries_added_ - size_ + 1);
  }
  return StreamGroup::kUnknownReads;
}

bool Stream::discard(std::size_t budget_bytes) {
  const std::size_t before = footprint_bytes();
  while (before - footprint_bytes() < budget_bytes) {
    if (!nodes_.empty()) {
      remove_node(nodes_.last());
    } else if (!groups_.empty()) {
      if (!groups_.back()->discard_some()) groups_.pop_back();
    } else {
      nodes_.clear(*this);
      return true;
    }
  }
  return false;
}

}  // namespace terrace::types
