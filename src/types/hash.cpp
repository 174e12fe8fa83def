#include "src/types/hash.h"

namespace terrace::types {
namespace {

constexpr unsigned kFieldAndValue = 2;

// No text may be longer in a listpack, and no listpack longer than it may be.
bool packs(const RecordBytes& bytes, std::string_view field, std::string_view value, const CollectionLimits& limits) {
  const auto longest = static_cast<std::int64_t>(std::max(field.size(), value.size()));
  return longest <= limits.hash_max_listpack_value && bytes.size() + field.size() + value.size() < Listpack::kMaxSize;
}

}  // namespace

std::optional<ElementText> HashView::find(std::string_view field) const {
  if (table_) {
    const auto value = table_->find(field);
    return value ? std::optional<ElementText>(*value) : std::nullopt;
  }
  const std::size_t place = listpack_.find(field, listpack_.begin(), kFieldAndValue);
  if (place == Listpack::kNowhere) return std::nullopt;
  return ElementText(listpack_.element(listpack_.next(place)));
}

bool Hash::set(std::string_view field, std::string_view value) {
  if (!table() && !packs(bytes_, field, value, limits_)) convert();
  if (PackedTable* const large = table()) return large->set(field, value);
  const bool is_new = set_packed(field, value);
  if (static_cast<std::int64_t>(view().size()) > limits_.hash_max_listpack_entries) convert();
  return is_new;
}

bool Hash::set_packed(std::string_view field, std::string_view value) {
  ListpackEditor editor(bytes_);
  const Listpack listpack = editor.view();
  const std::size_t place = listpack.find(field, listpack.begin(), kFieldAndValue);
  if (place != Listpack::kNowhere) {
    editor.replace(listpack.next(place), value);
    return false;
  }
  editor.append(field);
  editor.append(value);
  return true;
}

bool Hash::erase(std::string_view field) {
  if (PackedTable* const large = table()) return large->erase(field);
  ListpackEditor editor(bytes_);
  const std::size_t place = editor.view().find(field, editor.view().begin(), kFieldAndValue);
  if (place == Listpack::kNowhere) return false;
  editor.erase(place, kFieldAndValue);
  return true;
}

// As in Redis there is no way back: a hash that has been large stays a table.
void Hash::convert() {
  auto large = std::make_unique<PackedTable>(PackedTable::Values::kBytes);
  view().for_each([&large](std::string_view field, std::string_view value) { large->set(field, value); });
  bytes_.set_record(
      bytes_.database().overwrite(record(), storage::ValueType::kHash, std::move(large), /*keep_expiry=*/true));
}

}  // namespace terrace::types
