#include "src/types/set/set.h"

#include <algorithm>
#include <string>

namespace terrace::types {
namespace {

using storage::Encoding;

// The largest size of an intset, whatever the directive.
constexpr std::size_t kMaxIntsetBytes = std::size_t{1} << 30;

constexpr unsigned kMemberAlone = 1;

}  // namespace

bool SetView::contains(std::string_view member) const {
  if (table_) return table_->find(member).has_value();
  if (is_intset_) {
    const auto number = parse_integer(member);
    return number && Intset(bytes_).contains(*number);
  }
  const Listpack listpack(bytes_);
  return listpack.find(member, listpack.begin(), kMemberAlone) != Listpack::kNowhere;
}

void SetInRecord::put_listpack(std::string_view bytes) {
  set_record(database().overwrite(record(), storage::ValueType::kSet, Encoding::kListpack,
                                  static_cast<std::uint32_t>(bytes.size()), /*keep_expiry=*/true));
  std::copy(bytes.begin(), bytes.end(), data());
}

template <typename Holder>
bool SetEditor<Holder>::add(std::string_view member) {
  if (holder_.encoding() == Encoding::kIntset) {
    if (const auto number = parse_integer(member)) return add_integer(*number);
    leave_intset();
  }
  if (PackedTable* const table = holder_.table()) return table->set(member, {});
  return add_packed(member);
}

template <typename Holder>
bool SetEditor<Holder>::add_integer(std::int64_t number) {
  IntsetEditor editor(holder_);
  if (!editor.add(number)) return false;
  if (static_cast<std::int64_t>(editor.view().size()) > limits_.set_max_intset_entries ||
      holder_.size() > kMaxIntsetBytes) {
    unpack();
  }
  return true;
}

template <typename Holder>
bool SetEditor<Holder>::add_packed(std::string_view member) {
  ListpackEditor editor(holder_);
  const Listpack listpack = editor.view();
  if (listpack.find(member, listpack.begin(), kMemberAlone) != Listpack::kNowhere) return false;
  if (packs(listpack.count() + 1, member.size()) && listpack.bytes().size() + member.size() < Listpack::kMaxSize) {
    editor.append(member);
  } else {
    unpack();
    holder_.table()->set(member, {});
  }
  return true;
}

template <typename Holder>
bool SetEditor<Holder>::erase(std::string_view member) {
  if (PackedTable* const table = holder_.table()) return table->erase(member);
  if (holder_.encoding() == Encoding::kIntset) {
    const auto number = parse_integer(member);
    return number && IntsetEditor(holder_).erase(*number);
  }
  ListpackEditor editor(holder_);
  const std::size_t place = editor.view().find(member, editor.view().begin(), kMemberAlone);
  if (place == Listpack::kNowhere) return false;
  editor.erase(place, 1);
  return true;
}

// As in Redis, a set never becomes an intset again; nor does a table become a listpack.
template <typename Holder>
void SetEditor<Holder>::leave_intset() {
  const Intset intset = IntsetEditor(holder_).view();
  std::size_t longest = 0;
  for (const std::size_t end : {std::size_t{0}, intset.size() - 1}) {
    if (intset.size() > 0) longest = std::max(longest, IntegerText(intset.at(end)).view().size());
  }
  if (!packs(intset.size(), longest)) return unpack();
  std::string bytes(Listpack::empty());
  ListpackEditor editor(bytes);
  view().for_each([&editor](std::string_view member) { editor.append(member); });
  holder_.put_listpack(std::move(bytes));
}

template <typename Holder>
bool SetEditor<Holder>::packs(std::size_t members, std::size_t longest) const {
  return static_cast<std::int64_t>(members) <= limits_.set_max_listpack_entries &&
         static_cast<std::int64_t>(longest) <= limits_.set_max_listpack_value;
}

template <typename Holder>
void SetEditor<Holder>::unpack() {
  auto table = std::make_unique<PackedTable>(PackedTable::Values::kNone);
  view().for_each([&table](std::string_view member) { table->set(member, {}); });
  holder_.put(std::move(table));
}

template class SetEditor<SetInRecord>;
template class SetEditor<SetInValue>;

}  // namespace terrace::types
