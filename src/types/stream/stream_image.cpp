#include "src/types/stream/stream_image.h"

#include <algorithm>
#include <limits>

#include "storage/record/rdb_string.h"

namespace terrace::types {

// Writes an image's parts, from the one whose number is the cursor, until the budget is used up.
class StreamParts {
 public:
  StreamParts(std::string& out, std::uint64_t cursor, std::size_t budget_bytes)
      : out_(out), cursor_(cursor), budget_bytes_(budget_bytes), before_(out.size()) {}

  std::uint64_t at() const { return at_; }
  // Both return false if the budget is used up.
  template <typename Put>
  bool one(const Put& put) {
    if (at_ >= cursor_) {
      if (full()) return false;
      put();
    }
    ++at_;
    return true;
  }
  template <typename Item, typename Put>
  bool all(const IdRow<Item>& row, const Put& put) {
    const std::uint64_t written = cursor_ > at_ ? std::min<std::uint64_t>(cursor_ - at_, row.size()) : 0;
    at_ += written;
    for (auto place = row.nth(written); place != row.end(); place = row.next(place)) {
      if (full()) return false;
      put(row[place]);
      ++at_;
    }
    return true;
  }

 private:
  bool full() const { return out_.size() > before_ && out_.size() - before_ >= budget_bytes_; }

  std::string& out_;
  std::uint64_t cursor_;
  std::size_t budget_bytes_;
  std::size_t before_;
  std::uint64_t at_ = 0;
};

namespace {

using storage::put_rdb_bytes;
using storage::put_rdb_length;

void put_id_lengths(std::string& out, const StreamId& id) {
  put_rdb_length(out, id.ms);
  put_rdb_length(out, id.sequence);
}

StreamId read_id_lengths(RdbReader& reader) {
  const std::uint64_t ms = reader.length();
  return {ms, reader.length()};
}

bool put_consumer(std::string& out, StreamParts& parts, const StreamConsumer& consumer) {
  return parts.one([&] {
    put_rdb_bytes(out, consumer.name);
    storage::put_fixed(out, consumer.seen_ms);
    put_rdb_length(out, consumer.pending.size());
  }) && parts.all(consumer.pending, [&](const StreamConsumer::Owned& owned) { put_stream_id(out, owned.id); });
}

bool put_group(std::string& out, StreamParts& parts, const StreamGroup& group) {
  const bool whole = parts.one([&] {
    put_rdb_bytes(out, group.name());
    put_id_lengths(out, group.last_id);
    put_rdb_length(out, static_cast<std::uint64_t>(group.entries_read));
    put_rdb_length(out, group.pending().size());
  }) && parts.all(group.pending(), [&](const PendingEntry& entry) {
    put_stream_id(out, entry.id);
    storage::put_fixed(out, entry.delivered_ms);
    put_rdb_length(out, entry.deliveries);
  }) && parts.one([&] { put_rdb_length(out, group.consumers().size()); });
  if (!whole) return false;
  for (const auto& consumer : group.consumers()) {
    if (!put_consumer(out, parts, *consumer)) return false;
  }
  return true;
}

bool read_consumer(RdbReader& reader, StreamImageVersion version, StreamGroup& group) {
  const RdbText name = reader.text();
  const std::int64_t seen_ms = reader.time_ms();
  const std::int64_t active_ms = version == StreamImageVersion::kRedis72 ? reader.time_ms() : seen_ms;
  const std::uint64_t count = reader.length();
  if (!reader.ok() || group.consumer(name.view()) != nullptr) return false;
  StreamConsumer& consumer = group.add_consumer(name.view(), seen_ms);
  consumer.active_ms = active_ms;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view bytes = reader.raw(kStreamIdBytes);
    if (!reader.ok() || !group.give(read_stream_id(bytes), consumer)) return false;
  }
  return true;
}

bool read_group(RdbReader& reader, StreamImageVersion version, Stream& stream) {
  const RdbText name = reader.text();
  const StreamId last_id = read_id_lengths(reader);
  // The first version does not have it: it follows only from the position of the last id.
  const std::int64_t entries_read =
      version == StreamImageVersion::kRedis5 ? stream.ordinal_of(last_id) : static_cast<std::int64_t>(reader.length());
  const std::uint64_t pending = reader.length();
  StreamGroup* const group = reader.ok() ? stream.add_group(name.view()) : nullptr;
  if (group == nullptr) return false;
  group->last_id = last_id;
  group->entries_read = entries_read;
  for (std::uint64_t i = 0; i < pending; ++i) {
    const std::string_view bytes = reader.raw(kStreamIdBytes);
    const std::int64_t delivered_ms = reader.time_ms();
    const std::uint64_t deliveries = reader.length();
    if (!reader.ok() || !group->add_unowned(read_stream_id(bytes), delivered_ms, deliveries)) return false;
  }
  std::uint64_t owned = 0;
  const std::uint64_t consumers = reader.length();
  for (std::uint64_t i = 0; i < consumers; ++i) {
    if (!read_consumer(reader, version, *group)) return false;
  }
  // Every pending entry must have a consumer.
  for (const auto& consumer : group->consumers()) owned += consumer->pending.size();
  return reader.ok() && owned == pending;
}

}  // namespace

std::size_t Stream::image_size_bound() const {
  // A node, an entry, a consumer and a group take more bytes in memory than in an image, beside their texts.
  constexpr std::size_t kCounts = 12 * storage::kMaxRdbLength;
  return kCounts + footprint_bytes() + saved_bytes_;
}

bool StreamImage::put(std::string& out, StreamParts& parts, const Stream& stream) {
  const bool whole = parts.one([&] {
    put_rdb_length(out, stream.nodes_.size());
  }) && parts.all(stream.nodes_, [&](const StreamNode& node) {
    std::string id;
    put_stream_id(id, node.id);
    put_rdb_bytes(out, id);
    put_rdb_bytes(out, OpenStreamNode(node).text());
  }) && parts.one([&] {
    put_rdb_length(out, stream.size_);
    put_id_lengths(out, stream.last_id_);
    put_id_lengths(out, stream.first_id_);
    put_id_lengths(out, stream.max_deleted_id_);
    put_rdb_length(out, stream.entries_added_);
    put_rdb_length(out, stream.groups_.size());
  });
  if (!whole) return false;
  return std::ranges::all_of(stream.groups_, [&](const auto& group) { return put_group(out, parts, *group); });
}

void StreamImage::append(std::string& out, const Stream& stream) {
  StreamParts parts(out, 0, std::numeric_limits<std::size_t>::max());
  put(out, parts, stream);
}

std::uint64_t Stream::encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const {
  StreamParts parts(out, cursor, budget_bytes);
  if (!StreamImage::put(out, parts, *this)) return parts.at();
  for (const auto& group : groups_) {
    const bool put = parts.one([&] {
      for (const auto& consumer : group->consumers()) storage::put_fixed(out, consumer->active_ms);
    });
    if (!put) return parts.at();
  }
  return 0;
}

bool StreamImage::read_nodes(RdbReader& reader, Stream& stream) {
  StreamId floor;
  const std::uint64_t count = reader.length();
  for (std::uint64_t i = 0; i < count; ++i) {
    const RdbText id = reader.text();
    const RdbText listpack = reader.text();
    if (!reader.ok() || id.view().size() != kStreamIdBytes) return false;
    const StreamId master = read_stream_id(id.view());
    if (!StreamNodeView::valid(master, listpack.view(), floor)) return false;
    if (!stream.nodes_.empty() && master <= stream.nodes_[stream.nodes_.last()].id) return false;
    const StreamNode node = StreamNode::of(master, listpack.view(), stream);
    if (!stream.nodes_.empty()) stream.pack(stream.nodes_.last());
    stream.nodes_.insert(node, stream);
    stream.size_ += static_cast<std::uint64_t>(node.view().live());
    stream.last_id_ = floor;
  }
  return reader.ok();
}

// Recounts what can be counted, and compares.
bool StreamImage::read_counts(RdbReader& reader, StreamImageVersion version, Stream& stream) {
  const StreamId last_in_nodes = stream.last_id_;
  if (reader.length() != stream.size_) return false;
  stream.last_id_ = read_id_lengths(reader);
  stream.find_first_id();
  stream.entries_added_ = stream.size_;
  if (version != StreamImageVersion::kRedis5) {
    read_id_lengths(reader);  // the first id, which follows from the entries
    stream.max_deleted_id_ = read_id_lengths(reader);
    stream.entries_added_ = reader.length();
  }
  return reader.ok() && stream.last_id_ >= last_in_nodes && stream.max_deleted_id_ <= stream.last_id_ &&
         stream.entries_added_ >= stream.size_;
}

bool StreamImage::read_active_times(RdbReader& reader, Stream& stream) {
  for (const auto& group : stream.groups_) {
    for (const auto& consumer : group->consumers()) consumer->active_ms = reader.time_ms();
  }
  return reader.ok() && reader.done();
}

std::unique_ptr<Stream> StreamImage::read(RdbReader& reader, StreamImageVersion version) {
  auto stream = std::make_unique<Stream>();
  if (!read_nodes(reader, *stream) || !read_counts(reader, version, *stream)) return nullptr;
  const std::uint64_t groups = reader.length();
  for (std::uint64_t i = 0; i < groups; ++i) {
    if (!read_group(reader, version, *stream)) return nullptr;
  }
  return reader.ok() ? std::move(stream) : nullptr;
}

std::unique_ptr<storage::ObjectBuilder> StreamImage::builder() {
  // In one step: what comes behind the nodes refers to them.
  class Builder final : public storage::ObjectBuilder {
    Result<std::size_t> take(std::string_view) override { return std::size_t{0}; }
    Result<storage::ObjectPointer> finish(std::string_view image) override {
      RdbReader reader(image);
      std::unique_ptr<Stream> stream = read(reader, StreamImageVersion::kRedis7);
      if (!stream || (!reader.done() && !read_active_times(reader, *stream)))
        return Error{ErrorCode::kCorrupt, "image: not a stream"};
      return storage::ObjectPointer(std::move(stream));
    }
  };
  return std::make_unique<Builder>();
}

}  // namespace terrace::types
