#include "src/types/list/list.h"

#include <algorithm>
#include <string>
#include <vector>

namespace terrace::types {

ListPlace ListView::at(std::size_t index) const {
  if (!nodes_) {
    const std::size_t behind = size() - index;
    return {0,
            listpack_.at(index < behind ? static_cast<std::ptrdiff_t>(index) : -static_cast<std::ptrdiff_t>(behind))};
  }
  std::size_t node = 0;
  if (index < size() / 2) {
    for (; index >= nodes_->elements_of(node); ++node) index -= nodes_->elements_of(node);
  } else {
    std::size_t behind = size() - index;
    for (node = nodes_->node_count() - 1; behind > nodes_->elements_of(node); --node) {
      behind -= nodes_->elements_of(node);
    }
    index = nodes_->elements_of(node) - behind;
  }
  const auto place = static_cast<std::ptrdiff_t>(index), all = static_cast<std::ptrdiff_t>(nodes_->elements_of(node));
  return {node, nodes_->node(node).at(place < all / 2 ? place : place - all)};
}

void List::make_room(std::size_t size, std::size_t elements, std::string_view text) {
  if (nodes() || limit_.fits(size, elements, text)) return;
  auto large = elements == 0 && listpack().count() == 0 ? std::make_unique<ListNodes>()
                                                        : std::make_unique<ListNodes>(record()->bytes());
  bytes_.set_record(
      bytes_.database().overwrite(record(), storage::ValueType::kList, std::move(large), /*keep_expiry=*/true));
}

void List::push(ListEnd end, std::string_view text) {
  if (!nodes()) make_room(bytes_.size(), listpack().count(), text);
  if (ListNodes* const large = nodes()) {
    return end == ListEnd::kLeft ? large->push_front(text, limit_) : large->push_back(text, limit_);
  }
  ListpackEditor(bytes_).insert(end == ListEnd::kLeft ? listpack().begin() : listpack().end(), text);
}

void List::insert_before(const ListPlace& place, std::string_view text) {
  if (!nodes()) make_room(bytes_.size(), listpack().count(), text);
  if (ListNodes* const large = nodes()) return large->insert(place.node, place.place, text, limit_);
  ListpackEditor(bytes_).insert(place.place, text);
}

void List::insert_after(const ListPlace& place, std::string_view text) {
  const Listpack node = nodes() ? nodes()->node(place.node) : listpack();
  insert_before({place.node, node.next(place.place)}, text);
}

void List::replace(const ListPlace& place, std::string_view text) {
  if (!nodes()) {
    make_room(bytes_.size() - (listpack().next(place.place) - place.place), listpack().count() - 1, text);
  }
  if (ListNodes* const large = nodes()) {
    large->replace(place.node, place.place, text, limit_);
    return pack(/*half=*/false);
  }
  ListpackEditor(bytes_).replace(place.place, text);
}

void List::erase_at(const ListPlace& place, std::size_t count) {
  if (ListNodes* const large = nodes()) return large->erase(place.node, place.place, count);
  ListpackEditor(bytes_).erase(place.place, static_cast<unsigned>(count));
}

// As Redis from 7.2 on: only with half of the limit used, so that a list at the limit does not change its form with each
// element.
void List::pack(bool half) {
  const ListNodes* const large = nodes();
  if (!large || large->node_count() != 1) return;
  const Listpack node = large->node(0);
  if (!limit_.holds(node.bytes().size(), large->size(), half)) return;
  const std::string bytes(node.bytes());
  bytes_.set_record(bytes_.database().overwrite(record(), storage::ValueType::kList, storage::Encoding::kListpack,
                                                static_cast<std::uint32_t>(bytes.size()), /*keep_expiry=*/true));
  std::copy(bytes.begin(), bytes.end(), bytes_.data());
}

void List::erase(std::size_t index, std::size_t count) {
  if (count == 0) return;
  erase_at(view().at(index), count);
  pack(/*half=*/true);
}

std::size_t List::erase_equal(std::string_view text, ListEnd from, std::size_t most) {
  std::vector<ListPlace> found;
  const ListView list = view();
  const auto note = [&](const ListPlace& place) {
    if (list.text(place).view() == text) found.push_back(place);
    return found.size() < most;
  };
  if (from == ListEnd::kLeft) {
    list.forward(0, note);
    std::reverse(found.begin(), found.end());
  } else {
    list.backward(list.size() - 1, note);
  }
  // From the last to the first, so that the places before stay valid.
  for (const ListPlace& place : found) erase_at(place, 1);
  pack(/*half=*/true);
  return found.size();
}

}  // namespace terrace::types
