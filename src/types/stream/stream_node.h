// StreamNode: a node of a stream, in one allocation: its listpack (stream_node_view.h), or that packed
// (packed_stream_node.h). OpenStreamNode reads either.
// Ownership: the Stream's; its allocation is counted in the Stream's footprint and given back by free().
// Thread: the reactor's (the listpack that was unpacked last is kept for the thread).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/types/stream/stream_id.h"
#include "src/types/stream/stream_node_view.h"
#include "storage/record/object.h"

namespace terrace::types {

// An item of IdRow. While it is packed, nothing changes it but unpack() and free().
struct StreamNode {
  StreamId id;
  char* bytes = nullptr;
  std::uint32_t size = 0;
  std::uint32_t listpack_size = 0;  // while it is packed

  bool packed() const { return listpack_size != 0; }
  std::string_view text() const { return {bytes, size}; }
  // Not for a packed node: OpenStreamNode has a view of any.
  StreamNodeView view() const { return {id, text()}; }
  std::int64_t live() const;
  StreamId last_id() const;
  // The memory saved by packing.
  std::size_t saved() const { return packed() && listpack_size > size ? listpack_size - size : 0; }

  static StreamNode of(const StreamId& id, std::string_view listpack, storage::Object& owner);
  // A node with a master entry of these fields, and no entries.
  static StreamNode begun(const StreamId& id, std::span<const std::string_view> pairs, storage::Object& owner);
  void append(const StreamId& id, std::span<const std::string_view> pairs, storage::Object& owner);
  // Marks a live entry as deleted and updates the counts.
  void mark_deleted(std::size_t place, storage::Object& owner);
  // Removes deleted entries above `last` from its end.
  void cut_behind(const StreamId& last, storage::Object& owner);
  // Packs it if that saves enough; otherwise frees its slack.
  void pack(storage::Object& owner);
  void unpack(storage::Object& owner);
  void free(storage::Object& owner) const;

 private:
  class Bytes;
  void resize(std::size_t wanted, bool with_slack, storage::Object& owner);
  void replace(std::string_view with, storage::Object& owner);
};

// A node's listpack while it is read; the node must not change before this is destroyed. The listpack that was unpacked
// last is kept, so that commands which read single entries of one node, one after the other, unpack it once.
class OpenStreamNode {
 public:
  explicit OpenStreamNode(const StreamNode& node);
  ~OpenStreamNode();
  OpenStreamNode(const OpenStreamNode&) = delete;
  OpenStreamNode& operator=(const OpenStreamNode&) = delete;

  std::string_view text() const { return node_.packed() ? std::string_view(unpacked_) : node_.text(); }
  StreamNodeView view() const { return {node_.id, text()}; }

 private:
  const StreamNode& node_;
  std::string unpacked_;
};

}  // namespace terrace::types
