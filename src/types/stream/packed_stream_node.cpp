#include "src/types/stream/packed_stream_node.h"

#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "src/types/stream/stream_node_view.h"
#include "storage/base/varint.h"

namespace terrace::types {
namespace {

using storage::ByteReader;
using storage::put_varint;

constexpr std::uint64_t kDeletedBit = 1, kOwnFieldsBit = 2;
constexpr unsigned kModeShift = 2, kNumberShift = 4;
constexpr std::uint64_t kModeMask = 3;
enum Mode : std::uint64_t { kNext = 0, kLater = 1, kElsewhere = 2 };

// The least saving that is worth the work: one byte of this many.
constexpr std::size_t kLeastSaving = 8;

std::uint64_t zigzag(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}

std::int64_t unzigzag(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
}

// The id before the node's first one.
StreamId before_first(const StreamId& id) {
  return {id.ms, id.sequence - 1};
}

// Makes a node's body.
class BodyPacker {
 public:
  BodyPacker(const StreamId& id, std::string_view bytes) : id_(id), node_(id, bytes), listpack_(bytes) {
    for (std::size_t place = node_.begin(); place != node_.end(); place = node_.behind(entries_.back())) {
      entries_.push_back(node_.entry(place));
    }
  }

  // False: a number is too large for the format.
  bool pack(std::string& out) {
    find_sizes();
    put_varint(out, entries_.size());
    put_varint(out, sizes_.size());
    std::size_t place = listpack_.at(kFirstField);
    for (std::size_t i = 0; i < sizes_.size(); ++i, place = listpack_.next(place)) put_text(out, place);
    for (const std::uint64_t size : sizes_) put_varint(out, size);
    StreamId before = before_first(id_);
    for (std::size_t first = 0; first < entries_.size();) {
      const std::size_t end = put_head(out, first, before);
      for (; first < end; ++first) put_content(out, entries_[first]);
      before = entries_[first - 1].id;
    }
    return ok_;
  }

 private:
  static constexpr std::ptrdiff_t kFieldCount = 2, kFirstField = 3;
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  // Finds the size that all values of a field have, among the entries with the master entry's fields.
  void find_sizes() {
    sizes_.assign(static_cast<std::size_t>(listpack_.element(listpack_.at(kFieldCount)).integer()), kUnknown);
    for (const StreamEntry& entry : entries_) {
      if (!entry.same_fields) continue;
      std::size_t place = entry.content;
      for (std::uint64_t& size : sizes_) {
        const PackedElement value = listpack_.element(place);
        const std::uint64_t own = value.is_integer() ? 0 : value.text().size() + 1;
        size = size == kUnknown || size == own ? own : 0;
        place = listpack_.next(place);
      }
    }
    std::replace(sizes_.begin(), sizes_.end(), kUnknown, std::uint64_t{0});
  }

  static std::uint64_t flags_of(const StreamEntry& entry) {
    return (entry.deleted ? kDeletedBit : 0) | (entry.same_fields ? 0 : kOwnFieldsBit);
  }
  static bool follows(const StreamId& id, const StreamId& before) {
    return id.ms == before.ms && id.sequence == before.sequence + 1;
  }

  // Writes the head of the entry `first` and of those that share it. Returns the index behind the last of them.
  std::size_t put_head(std::string& out, std::size_t first, const StreamId& before) {
    const StreamId& id = entries_[first].id;
    const std::uint64_t flags = flags_of(entries_[first]);
    std::size_t end = first + 1;
    if (follows(id, before)) {
      while (end < entries_.size() && follows(entries_[end].id, entries_[end - 1].id) &&
             flags_of(entries_[end]) == flags) {
        ++end;
      }
      put_varint(out, (end - first - 1) << kNumberShift | kNext << kModeShift | flags);
      return end;
    }
    const std::uint64_t later = id.ms - before.ms;
    ok_ = ok_ && later << kNumberShift >> kNumberShift == later;
    const Mode mode = id.sequence == 0 ? kLater : kElsewhere;
    put_varint(out, later << kNumberShift | mode << kModeShift | flags);
    if (mode == kElsewhere) put_varint(out, zigzag(id_difference(id.sequence, before.sequence)));
    return end;
  }

  void put_content(std::string& out, const StreamEntry& entry) {
    std::size_t place = entry.content;
    if (!entry.same_fields) {
      put_varint(out, entry.fields);
      for (std::size_t i = 0; i < entry.fields * 2; ++i, place = listpack_.next(place)) put_text(out, place);
      return;
    }
    for (const std::uint64_t size : sizes_) {
      if (size == 0) {
        put_text(out, place);
      } else {
        out += listpack_.element(place).text();
      }
      place = listpack_.next(place);
    }
  }

  void put_text(std::string& out, std::size_t place) {
    const PackedElement element = listpack_.element(place);
    if (element.is_integer()) {
      const std::uint64_t bits = zigzag(element.integer());
      ok_ = ok_ && bits >> 63 == 0;
      put_varint(out, bits << 1 | 1);
    } else {
      put_varint(out, element.text().size() << 1);
      out += element.text();
    }
  }

  StreamId id_;
  StreamNodeView node_;
  Listpack listpack_;
  std::vector<StreamEntry> entries_;
  std::vector<std::uint64_t> sizes_;  // 1 + the common size, or 0
  bool ok_ = true;
};

// Writes a listpack's entries one behind the other, up to the listpack's size.
class ListpackWriter {
 public:
  explicit ListpackWriter(std::string& out) : out_(out) {}

  // Nearly all numbers are small: one byte of head and one of tail.
  void put(std::int64_t number) {
    if (number < 0 || number > kMostSmallNumber) return put(ListpackEntry(number));
    char* const to = take(kSmallOverhead);
    if (to == nullptr) return;
    to[0] = static_cast<char>(number);
    to[1] = 1;
  }
  void put(std::size_t count) { put(static_cast<std::int64_t>(count)); }
  void put(std::string_view text) {
    if (text.size() > kMostSmallText) return put(ListpackEntry(text));
    char* const to = take(text.size() + kSmallOverhead);
    if (to == nullptr) return;
    to[0] = static_cast<char>(kSmallText | text.size());
    std::memcpy(to + 1, text.data(), text.size());
    to[text.size() + 1] = static_cast<char>(text.size() + 1);
  }
  // Whether the listpack has exactly the expected size.
  bool finish() {
    if (!ok_ || at_ + 1 != out_.size()) return false;
    constexpr std::size_t kUncounted = 0xFFFF;
    const auto size = static_cast<std::uint32_t>(out_.size());
    const auto count = static_cast<std::uint16_t>(std::min(elements_, kUncounted));
    std::memcpy(out_.data(), &size, sizeof size);
    std::memcpy(out_.data() + sizeof size, &count, sizeof count);
    out_.back() = static_cast<char>(0xFF);
    return true;
  }

 private:
  static constexpr std::int64_t kMostSmallNumber = 127;
  static constexpr std::size_t kMostSmallText = 63, kSmallText = 0x80, kSmallOverhead = 2;

  void put(const ListpackEntry& entry) {
    if (char* const to = take(entry.size())) entry.write(to);
  }
  // Room for an element; nullptr if there is none.
  char* take(std::size_t size) {
    ++elements_;
    ok_ = ok_ && at_ + size < out_.size();
    if (!ok_) return nullptr;
    at_ += size;
    return out_.data() + at_ - size;
  }

  std::string& out_;
  std::size_t at_ = Listpack::kHeaderSize;
  std::size_t elements_ = 0;
  bool ok_ = true;
};

// Makes a listpack from a body.
class BodyUnpacker {
 public:
  BodyUnpacker(const StreamId& id, std::string_view body, std::string& out) : id_(id), reader_(body), writer_(out) {}

  bool unpack(std::int64_t live) {
    const auto entries = static_cast<std::int64_t>(reader_.varint());
    sizes_.resize(reader_.varint());
    writer_.put(live);
    writer_.put(entries - live);
    writer_.put(sizes_.size());
    for (std::size_t i = 0; i < sizes_.size(); ++i) put_text();
    writer_.put(std::int64_t{0});
    for (std::uint64_t& size : sizes_) size = reader_.varint();
    StreamId at = before_first(id_);
    while (reader_.ok() && reader_.remaining() > 0) put_entries(at);
    return reader_.ok() && writer_.finish();
  }

 private:
  void put_entries(StreamId& at) {
    const std::uint64_t head = reader_.varint(), number = head >> kNumberShift;
    const auto mode = static_cast<Mode>(head >> kModeShift & kModeMask);
    if (mode == kNext) {
      for (std::uint64_t i = 0; i <= number; ++i) {
        ++at.sequence;
        put_entry(at, head);
      }
      return;
    }
    at.ms += number;
    at.sequence = mode == kLater ? 0 : at.sequence + static_cast<std::uint64_t>(unzigzag(reader_.varint()));
    put_entry(at, head);
  }

  void put_entry(const StreamId& id, std::uint64_t head) {
    const bool own_fields = (head & kOwnFieldsBit) != 0;
    writer_.put((head & kDeletedBit ? StreamNodeView::kDeleted : 0) | (own_fields ? 0 : StreamNodeView::kSameFields));
    writer_.put(id_difference(id.ms, id_.ms));
    writer_.put(id_difference(id.sequence, id_.sequence));
    if (own_fields) {
      const std::uint64_t fields = reader_.varint();
      writer_.put(fields);
      for (std::uint64_t i = 0; i < fields * 2; ++i) put_text();
      return writer_.put(fields * 2 + 4);
    }
    for (const std::uint64_t size : sizes_) size == 0 ? put_text() : writer_.put(reader_.take(size - 1));
    writer_.put(sizes_.size() + 3);
  }

  void put_text() {
    const std::uint64_t bits = reader_.varint();
    (bits & 1) != 0 ? writer_.put(unzigzag(bits >> 1)) : writer_.put(reader_.take(bits >> 1));
  }

  StreamId id_;
  ByteReader reader_;
  ListpackWriter writer_;
  std::vector<std::uint64_t> sizes_;
};

// The compressed body; empty if that does not save enough.
std::string compressed(std::string_view body) {
  std::string out(body.size() - body.size() / kLeastSaving, '\0');
  const int size =
      LZ4_compress_default(body.data(), out.data(), static_cast<int>(body.size()), static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

std::optional<std::string> PackedStreamNode::pack(const StreamId& id, std::string_view listpack) {
  if (listpack.size() > kMostBytes) return std::nullopt;
  std::string body, packed;
  body.reserve(listpack.size());
  if (!BodyPacker(id, listpack).pack(body)) return std::nullopt;
  const StreamNodeView node(id, listpack);
  const StreamId last = node.last_id();
  put_varint(packed, static_cast<std::uint64_t>(node.live()));
  put_varint(packed, last.ms - id.ms);
  put_varint(packed, zigzag(id_difference(last.sequence, id.sequence)));
  const std::string smaller = compressed(body);
  put_varint(packed, smaller.empty() ? 0 : body.size());
  packed += smaller.empty() ? body : smaller;
  if (packed.size() + packed.size() / kLeastSaving > listpack.size()) return std::nullopt;
  // A listpack from elsewhere may encode the same content differently, and must come back unchanged.
  std::string again(listpack.size(), '\0');
  if (!unpack(id, packed, again) || again != listpack) return std::nullopt;
  return packed;
}

bool PackedStreamNode::unpack(const StreamId& id, std::string_view packed, std::string& listpack) {
  ByteReader reader(packed);
  const auto live = static_cast<std::int64_t>(reader.varint());
  reader.varint();
  reader.varint();
  const std::uint64_t body_size = reader.varint();
  if (body_size == 0) return BodyUnpacker(id, reader.rest(), listpack).unpack(live);
  std::string body(body_size, '\0');
  const std::string_view smaller = reader.rest();
  const int size =
      LZ4_decompress_safe(smaller.data(), body.data(), static_cast<int>(smaller.size()), static_cast<int>(body.size()));
  return size == static_cast<int>(body.size()) && BodyUnpacker(id, body, listpack).unpack(live);
}

std::int64_t PackedStreamNode::live(std::string_view packed) {
  return static_cast<std::int64_t>(ByteReader(packed).varint());
}

StreamId PackedStreamNode::last_id(const StreamId& id, std::string_view packed) {
  ByteReader reader(packed);
  reader.varint();
  const std::uint64_t later = reader.varint();
  return {id.ms + later, id.sequence + static_cast<std::uint64_t>(unzigzag(reader.varint()))};
}

}  // namespace terrace::types
