#include "src/types/value_digest.h"

#include "src/text/real_text.h"
#include "src/types/hash/hash.h"
#include "src/types/list/list.h"
#include "src/types/set/set.h"
#include "src/types/stream/stream.h"
#include "src/types/string/string.h"
#include "src/types/zset/sorted_set.h"

namespace terrace::types {
namespace {

using storage::Record;
using storage::ValueType;

void mix_list(Digest& digest, const ListView& list) {
  list.forward(0, [&](const ListPlace& place) {
    digest.mix(list.text(place).view());
    return true;
  });
}

void add_hash(Digest& digest, const HashView& hash) {
  hash.for_each([&](std::string_view field, std::string_view value) {
    Digest pair;
    pair.mix(field);
    pair.mix(value);
    digest.add(pair);
  });
}

void add_sorted_set(Digest& digest, const SortedSetView& set) {
  set.for_each([&](std::string_view member, double score) {
    Digest pair;
    pair.mix(member);
    pair.mix(RealText(score));
    digest.add(pair);
  });
}

void mix_stream(Digest& digest, const Stream& stream) {
  stream.forward({}, StreamId::greatest(), [&](const StreamEntry& entry, const StreamNodeView& node) {
    std::string id(StreamIdText(entry.id).view());
    id[id.find('-')] = '.';
    digest.mix(id);
    node.each_field(entry, [&](std::string_view field, std::string_view value) {
      digest.mix(field);
      digest.mix(value);
    });
    return true;
  });
}

}  // namespace

void Digest::add(std::string_view bytes) {
  const Sha1 more = sha1(bytes);
  for (unsigned i = 0; i < bytes_.size(); ++i) bytes_[i] ^= more[i];
}

void Digest::mix(std::string_view bytes) {
  add(bytes);
  bytes_ = sha1(this->bytes());
}

void Digest::mix(std::uint32_t number) {
  const char bytes[] = {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
                        static_cast<char>(number >> 8), static_cast<char>(number)};
  mix(std::string_view(bytes, sizeof bytes));
}

void Digest::mix_value(const Record& record, std::int64_t now_ms) {
  mix(static_cast<std::uint32_t>(record.type()));
  mix_content(record, now_ms);
  if (record.expiry_ms() != storage::kNoExpiry) add("!!expire!!");
  if (record.expires().parts) add("!!hexpire!!");
}

void Digest::mix_content(const Record& record, std::int64_t now_ms) {
  switch (record.type()) {
    case ValueType::kString:
      return mix(StringText(record).view());
    case ValueType::kList:
      return mix_list(*this, ListView(record));
    case ValueType::kSet:
      return SetView(record).for_each([this](std::string_view member) { add(member); });
    case ValueType::kSortedSet:
      return add_sorted_set(*this, SortedSetView(record));
    case ValueType::kHash:
      return add_hash(*this, HashView(record, now_ms));
    default:
      TERRACE_CHECK(record.type() == ValueType::kStream);
      mix_stream(*this, *static_cast<const Stream*>(record.object()));
  }
}

std::string Digest::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes_) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace terrace::types
