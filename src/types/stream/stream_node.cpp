#include "src/types/stream/stream_node.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "io/result.h"
#include "src/types/stream/packed_stream_node.h"
#include "storage/memory/allocation.h"

namespace terrace::types {
namespace {

constexpr std::int64_t kDeleted = StreamNodeView::kDeleted, kSameFields = StreamNodeView::kSameFields;
constexpr std::size_t kMasterNumbers = 3;  // before the master entry's fields
constexpr std::uint32_t kUncounted = 0xFFFF;

template <typename Element>
void put(std::string& out, const Element& element) {
  const ListpackEntry entry(element);
  const std::size_t at = out.size();
  out.resize(at + entry.size());
  entry.write(out.data() + at);
}

// Writes header and end of a listpack of `size` bytes, whose count of elements grows by `more`.
void seal(char* bytes, std::size_t size, std::size_t more) {
  const auto size32 = static_cast<std::uint32_t>(size);
  std::memcpy(bytes, &size32, sizeof size32);
  std::uint16_t count;
  std::memcpy(&count, bytes + sizeof size32, sizeof count);
  if (count != kUncounted) count = static_cast<std::uint16_t>(std::min<std::size_t>(kUncounted, count + more));
  std::memcpy(bytes + sizeof size32, &count, sizeof count);
  bytes[size - 1] = static_cast<char>(0xFF);
}

// The node that was unpacked last. `packed` is its bytes' address, nullptr if there is none.
struct LastUnpacked {
  const char* packed = nullptr;
  std::string listpack;
};
thread_local LastUnpacked last_unpacked;

}  // namespace

// For ListpackEditor.
class StreamNode::Bytes {
 public:
  Bytes(StreamNode& node, storage::Object& owner) : node_(node), owner_(owner) {}
  char* data() { return node_.bytes; }
  std::size_t size() const { return node_.size; }
  void resize(std::size_t size) { node_.resize(size, false, owner_); }

 private:
  StreamNode& node_;
  storage::Object& owner_;
};

void StreamNode::resize(std::size_t wanted, bool with_slack, storage::Object& owner) {
  constexpr std::size_t kMostSlack = 1024;
  const std::size_t given = bytes ? storage::usable_size(bytes) : 0;
  if (wanted > given) {
    const std::size_t slack = with_slack && size > 0 ? std::min(wanted / 4, kMostSlack) : 0;
    auto* const moved = static_cast<char*>(storage::allocate(wanted + slack));
    if (bytes) std::memcpy(moved, bytes, std::min<std::size_t>(size, wanted));
    owner.add_footprint(static_cast<std::ptrdiff_t>(storage::usable_size(moved)) - static_cast<std::ptrdiff_t>(given));
    if (bytes) storage::release(bytes);
    bytes = moved;
  }
  size = static_cast<std::uint32_t>(wanted);
}

StreamNode StreamNode::of(const StreamId& id, std::string_view listpack, storage::Object& owner) {
  StreamNode node{.id = id};
  node.resize(listpack.size(), false, owner);
  std::memcpy(node.bytes, listpack.data(), listpack.size());
  return node;
}

StreamNode StreamNode::begun(const StreamId& id, std::span<const std::string_view> pairs, storage::Object& owner) {
  std::string listpack(Listpack::empty());
  listpack.pop_back();
  put(listpack, std::int64_t{0});
  put(listpack, std::int64_t{0});
  put(listpack, static_cast<std::int64_t>(pairs.size() / 2));
  for (std::size_t i = 0; i < pairs.size(); i += 2) put(listpack, pairs[i]);
  put(listpack, std::int64_t{0});
  listpack.push_back('\0');
  seal(listpack.data(), listpack.size(), kMasterNumbers + pairs.size() / 2 + 1);
  return of(id, listpack, owner);
}

void StreamNode::append(const StreamId& entry_id, std::span<const std::string_view> pairs, storage::Object& owner) {
  const bool same = view().has_fields(pairs);
  std::size_t text_bytes = 0;
  for (const std::string_view text : pairs) text_bytes += text.size();
  std::string entry;
  constexpr std::size_t kNumbers = 5, kMostOverhead = 11;  // an element costs at most so much beside its text
  entry.reserve(text_bytes + (kNumbers + pairs.size()) * kMostOverhead);
  put(entry, same ? kSameFields : std::int64_t{0});
  put(entry, id_difference(entry_id.ms, id.ms));
  put(entry, id_difference(entry_id.sequence, id.sequence));
  const std::size_t fields = pairs.size() / 2;
  if (!same) put(entry, static_cast<std::int64_t>(fields));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!same || i % 2 == 1) put(entry, pairs[i]);
  }
  const std::size_t elements = same ? fields + 3 : fields * 2 + 4;
  put(entry, static_cast<std::int64_t>(elements));

  const std::size_t at = size - 1;
  resize(size + entry.size(), true, owner);
  std::memcpy(bytes + at, entry.data(), entry.size());
  seal(bytes, size, elements + 1);
  Bytes edited(*this, owner);
  ListpackEditor(edited).replace(Listpack::kHeaderSize, view().live() + 1);
}

void StreamNode::mark_deleted(std::size_t place, storage::Object& owner) {
  Bytes edited(*this, owner);
  ListpackEditor editor(edited);
  // From the last place to the first, so that the places before stay valid.
  editor.replace(place, editor.view().element(place).integer() | kDeleted);
  editor.replace(editor.view().next(Listpack::kHeaderSize), view().deleted() + 1);
  editor.replace(Listpack::kHeaderSize, view().live() - 1);
}

void StreamNode::cut_behind(const StreamId& last, storage::Object& owner) {
  while (view().last_id() > last) {
    const std::size_t place = view().before(view().end());
    unsigned elements = 0;
    for (std::size_t each = place; each != view().end(); each = Listpack(text()).next(each)) ++elements;
    Bytes edited(*this, owner);
    ListpackEditor editor(edited);
    editor.erase(place, elements);
    editor.replace(editor.view().next(Listpack::kHeaderSize), view().deleted() - 1);
  }
}

std::int64_t StreamNode::live() const {
  return packed() ? PackedStreamNode::live(text()) : view().live();
}

StreamId StreamNode::last_id() const {
  return packed() ? PackedStreamNode::last_id(id, text()) : view().last_id();
}

void StreamNode::replace(std::string_view with, storage::Object& owner) {
  auto* const moved = static_cast<char*>(storage::allocate(with.size()));
  std::memcpy(moved, with.data(), with.size());
  owner.add_footprint(static_cast<std::ptrdiff_t>(storage::usable_size(moved)));
  free(owner);
  bytes = moved;
  size = static_cast<std::uint32_t>(with.size());
}

void StreamNode::pack(storage::Object& owner) {
  constexpr std::size_t kWorthwhile = 16;  // one byte in so many
  if (packed()) return;
  const std::uint32_t before = size;
  if (const auto smaller = PackedStreamNode::pack(id, text())) {
    replace(*smaller, owner);
    listpack_size = before;
  } else if (storage::usable_size(bytes) > size + size / kWorthwhile) {
    replace(text(), owner);
  }
}

void StreamNode::unpack(storage::Object& owner) {
  if (!packed()) return;
  const OpenStreamNode open(*this);
  replace(open.text(), owner);
  listpack_size = 0;
}

void StreamNode::free(storage::Object& owner) const {
  if (last_unpacked.packed == bytes) last_unpacked.packed = nullptr;
  owner.add_footprint(-static_cast<std::ptrdiff_t>(storage::usable_size(bytes)));
  storage::release(bytes);
}

OpenStreamNode::OpenStreamNode(const StreamNode& node) : node_(node) {
  if (!node.packed()) return;
  unpacked_ = std::move(last_unpacked.listpack);
  if (std::exchange(last_unpacked.packed, nullptr) == node.bytes) return;
  unpacked_.resize(node.listpack_size);
  TERRACE_CHECK(PackedStreamNode::unpack(node.id, node.text(), unpacked_));
}

OpenStreamNode::~OpenStreamNode() {
  if (!node_.packed()) return;
  last_unpacked.packed = node_.bytes;
  last_unpacked.listpack = std::move(unpacked_);
}

}  // namespace terrace::types
