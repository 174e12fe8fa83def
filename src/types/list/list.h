// List: a record's value as elements in order. A small list is one listpack in the record's own bytes, a large one
// ListNodes; ListView reads any record, and shows a small list as one node. List changes a record in the database.
// Ownership: borrows the record; texts and places are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <string_view>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/record_bytes.h"
#include "src/types/list/list_nodes.h"

namespace terrace::types {

enum class ListEnd : bool { kLeft, kRight };

struct ListPlace {
  std::size_t node;
  std::size_t place;
};

class ListView {
 public:
  explicit ListView(const storage::Record& record)
      : nodes_(static_cast<const ListNodes*>(record.object())),
        listpack_(nodes_ ? Listpack::empty() : record.bytes()) {}

  std::size_t size() const { return nodes_ ? nodes_->size() : listpack_.count(); }
  // index < size().
  ListPlace at(std::size_t index) const;
  ElementText text(const ListPlace& place) const { return ElementText(node(place.node).element(place.place)); }
  ElementText element(std::size_t index) const { return text(at(index)); }

  // Calls visit(place) for the element at `index` and the following ones, or the preceding ones, until it returns
  // false.
  template <typename Visit>
  void forward(std::size_t index, const Visit& visit) const {
    if (index >= size()) return;
    ListPlace at_now = at(index);
    while (visit(at_now)) {
      at_now.place = node(at_now.node).next(at_now.place);
      if (at_now.place != node(at_now.node).end()) continue;
      if (++at_now.node == node_count()) return;
      at_now.place = node(at_now.node).begin();
    }
  }
  template <typename Visit>
  void backward(std::size_t index, const Visit& visit) const {
    if (index >= size()) return;
    ListPlace at_now = at(index);
    while (visit(at_now)) {
      at_now.place = node(at_now.node).previous(at_now.place);
      if (at_now.place != Listpack::kNowhere) continue;
      if (at_now.node-- == 0) return;
      at_now.place = node(at_now.node).previous(node(at_now.node).end());
    }
  }

  std::size_t node_count() const { return nodes_ ? nodes_->node_count() : 1; }
  Listpack node(std::size_t index) const { return nodes_ ? nodes_->node(index) : listpack_; }

 private:
  const ListNodes* nodes_;
  Listpack listpack_;
};

class List {
 public:
  // The record must be a list, found for writing and marked as changed. Texts passed in must not lie in it.
  List(storage::Database& database, storage::Record* record, const CollectionLimits& limits)
      : bytes_(database, record), limit_(ListNodeLimit::of(limits)) {}

  storage::Record* record() const { return bytes_.record(); }
  ListView view() const { return ListView(*record()); }
  bool empty() const { return view().size() == 0; }

  void push(ListEnd end, std::string_view text);
  void insert_before(const ListPlace& place, std::string_view text);
  void insert_after(const ListPlace& place, std::string_view text);
  void replace(const ListPlace& place, std::string_view text);
  // Removes elements. Removing the last one leaves an empty list, which the caller must remove.
  void erase(std::size_t index, std::size_t count);
  // Removes up to `most` elements equal to `text`, from the given end; returns how many there were.
  std::size_t erase_equal(std::string_view text, ListEnd from, std::size_t most);

 private:
  ListNodes* nodes() const { return static_cast<ListNodes*>(record()->object()); }
  Listpack listpack() const { return Listpack(record()->bytes()); }
  void erase_at(const ListPlace& place, std::size_t count);
  // Changes to one listpack if all elements fit into one.
  void pack(bool half);
  // Changes to nodes if so many bytes and elements and this text exceed one listpack. Places stay valid.
  void make_room(std::size_t size, std::size_t elements, std::string_view text);

  RecordBytes bytes_;
  ListNodeLimit limit_;
};

}  // namespace terrace::types
