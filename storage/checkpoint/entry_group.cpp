#include "storage/checkpoint/entry_group.h"

#include <algorithm>
#include <array>

#include "storage/base/bit_string.h"
#include "storage/base/varint.h"

namespace terrace::storage {

namespace {

constexpr unsigned kHashBits = IndexEntry::kKnownHashBits;
constexpr unsigned kPlaceBits = bits_for(EntryGroup::kMostEntries - 1);
static_assert(kHashBits + kPlaceBits <= 64, "a key with its place is one number");

constexpr std::uint64_t low_bits(std::uint64_t number, unsigned count) {
  return number & ((std::uint64_t{1} << count) - 1);
}

// The known hash with its lowest `chain_bits` bits moved to the front; applied to that, with the number of the other
// bits, the hash again.
constexpr std::uint64_t turned(std::uint64_t hash, unsigned chain_bits) {
  return hash >> chain_bits | low_bits(hash, chain_bits) << (kHashBits - chain_bits);
}

// The values of the entries' forms, in the order of their first appearance.
class Forms {
 public:
  unsigned number_of(std::uint8_t form) {
    if (numbers_[form] == 0) {
      seen_.push_back(static_cast<char>(form));
      numbers_[form] = static_cast<std::uint16_t>(seen_.size());
    }
    return numbers_[form] - 1u;
  }
  const std::string& seen() const { return seen_; }

 private:
  std::array<std::uint16_t, 256> numbers_{};
  std::string seen_;
};

struct Widths {
  std::uint32_t least_segment = kMaxSegments - 1;
  std::uint32_t largest_segment = 0;
  std::uint32_t largest_page = 0;
  std::uint32_t largest_slot = 0;

  void look_at(Location location) {
    least_segment = std::min(least_segment, location.segment());
    largest_segment = std::max(largest_segment, location.segment());
    largest_page = std::max(largest_page, location.page());
    largest_slot = std::max(largest_slot, location.slot());
  }
  unsigned of_segment() const {
    return largest_segment > least_segment ? bits_for(largest_segment - least_segment) : 0;
  }
  unsigned of_page() const { return bits_for(largest_page); }
  unsigned of_slot() const { return bits_for(largest_slot); }
};

// The parameter for `count` differences with the sum `span`: all quotients together are less than twice the count.
unsigned rice_parameter(std::uint64_t span, std::size_t count) {
  const std::uint64_t mean = span / count;
  return mean > 1 ? bits_for(mean) - 1 : 0;
}

}  // namespace

void EntryGroup::pack(std::string& out, unsigned chain_bits) {
  order_.clear();
  Forms forms;
  Widths widths;
  for (const Item& item : items_) {
    order_.push_back(turned(item.known_hash, chain_bits) << kPlaceBits | order_.size());
    forms.number_of(item.entry.form());
    if (!item.entry.is_witness()) widths.look_at(item.entry.location());
  }
  std::sort(order_.begin(), order_.end());
  const std::uint64_t first = order_.front() >> kPlaceBits;
  const unsigned rice = rice_parameter((order_.back() >> kPlaceBits) - first, order_.size());

  out.push_back(static_cast<char>(chain_bits));
  put_varint(out, first);
  out.push_back(static_cast<char>(rice));
  put_varint(out, forms.seen().size());
  out += forms.seen();
  put_varint(out, widths.least_segment);
  for (const unsigned width : {widths.of_segment(), widths.of_page(), widths.of_slot()}) {
    out.push_back(static_cast<char>(width));
  }
  const unsigned form_width = bits_for(forms.seen().size() - 1);
  BitWriter bits(out);
  std::uint64_t before = first;
  for (const std::uint64_t each : order_) {
    const IndexEntry entry = items_[low_bits(each, kPlaceBits)].entry;
    const std::uint64_t difference = (each >> kPlaceBits) - before;
    before = each >> kPlaceBits;
    bits.put_unary(difference >> rice);
    bits.put(low_bits(difference, rice), rice);
    bits.put(forms.number_of(entry.form()), form_width);
    if (entry.is_witness()) {
      bits.put(entry.location().bits(), Location::kBits);
      continue;
    }
    bits.put(entry.location().segment() - widths.least_segment, widths.of_segment());
    bits.put(entry.location().page(), widths.of_page());
    bits.put(entry.location().slot(), widths.of_slot());
  }
  bits.finish();
  items_.clear();
}

std::vector<EntryGroup::Item> EntryGroup::unpack(std::string_view bytes, std::uint64_t count) {
  ByteReader head(bytes);
  const unsigned chain_bits = head.fixed<std::uint8_t>();
  std::uint64_t key = head.varint();
  const unsigned rice = head.fixed<std::uint8_t>();
  const std::string_view forms = head.take(head.varint());
  const std::uint64_t least_segment = head.varint();
  const unsigned segment_width = head.fixed<std::uint8_t>();
  const unsigned page_width = head.fixed<std::uint8_t>();
  const unsigned slot_width = head.fixed<std::uint8_t>();
  if (!head.ok() || count == 0 || count > kMostEntries || chain_bits >= kHashBits || rice >= kHashBits ||
      forms.empty() || segment_width > kSegmentBits || page_width > kPageBits || slot_width > kSlotBits) {
    return {};
  }
  const unsigned form_width = bits_for(forms.size() - 1);
  BitReader bits(head.rest());
  std::vector<Item> items;
  items.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t quotient = bits.get_unary();
    key += (quotient << rice) + bits.get(rice);
    const std::uint64_t number = bits.get(form_width);
    if (!bits.ok() || number >= forms.size() || key >> kHashBits != 0) return {};
    const std::uint64_t hash = turned(key, kHashBits - chain_bits);
    const auto form = static_cast<std::uint8_t>(forms[number]);
    if (IndexEntry::from_form(form, Location(), hash).is_witness()) {
      items.push_back({hash, IndexEntry::from_form(form, Location::from_bits(bits.get(Location::kBits)), hash)});
      continue;
    }
    const std::uint64_t segment = least_segment + bits.get(segment_width);
    const auto page = static_cast<std::uint32_t>(bits.get(page_width));
    const auto slot = static_cast<std::uint32_t>(bits.get(slot_width));
    if (!bits.ok() || segment >= kMaxSegments) return {};
    const Location location(static_cast<std::uint32_t>(segment), page, slot);
    items.push_back({hash, IndexEntry::from_form(form, location, hash)});
  }
  if (!bits.at_end()) return {};
  return items;
}

}  // namespace terrace::storage
