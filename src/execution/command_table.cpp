#include "src/execution/command_table.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "src/text/ignoring_case.h"

namespace terrace {
namespace {

bool has_one_key(const Command& row) {
  if (row.keys.size() != 1) return false;
  const KeySpec& spec = row.keys[0];
  return spec.begin == KeySpec::Begin::kIndex && spec.index == 1 && spec.find == KeySpec::Find::kRange &&
         spec.last == 0 && (row.arity >= 2 || row.arity <= -2);
}

std::unique_ptr<CommandEntry> make_entry(const Command& row, const FamilyParts& parts, CommandEntry* container) {
  auto entry = std::make_unique<CommandEntry>();
  entry->row = &row;
  entry->container = container;
  entry->parts = parts;
  entry->one_key = has_one_key(row);
  for (const Command& subcommand : row.subcommands) {
    entry->subcommands.push_back(make_entry(subcommand, parts, entry.get()));
  }
  return entry;
}

std::string lower(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

CommandEntry* find_subcommand(const CommandEntry& container, std::string_view name) {
  for (const auto& entry : container.subcommands) {
    if (equals_ignoring_case(entry->own_name(), name)) return entry.get();
  }
  return nullptr;
}

CommandEntry* in_container(CommandEntry* entry, std::span<const std::string_view> arguments) {
  if (entry == nullptr || entry->subcommands.empty() || arguments.size() < 2) return entry;
  CommandEntry* const subcommand = find_subcommand(*entry, arguments[1]);
  return subcommand ? subcommand : entry;
}

}  // namespace

std::string_view CommandEntry::own_name() const {
  return container ? row->name.substr(container->row->name.size() + 1) : row->name;
}

// A hash of the first eight letters, in lower case, and the length. The table is sparse: a second probe is rare. The
// letters are not copied into a word and read back: that read would wait for earlier stores to finish (store forwarding
// fails), which took a twentieth of a SET.
std::size_t CommandTable::slot_of(std::string_view name) {
  std::uint64_t prefix = 0;
  for (const char letter : name.substr(0, 8)) prefix = prefix << 8 | static_cast<unsigned char>(letter);
  prefix |= 0x2020202020202020ull;
  return ((prefix ^ name.size()) * 0x9E3779B97F4A7C15ull >> 40) % kSlots;
}

void CommandTable::add(const CommandFamily& family) {
  for (const Command& row : family.rows) {
    TERRACE_CHECK(find(row.name) == nullptr && entries_.size() < kSlots / 2);
    entries_.push_back(make_entry(row, family.parts, nullptr));
    std::size_t slot = slot_of(row.name);
    while (slots_[slot] != nullptr) slot = (slot + 1) % kSlots;
    slots_[slot] = entries_.back().get();
  }
}

Result<void> CommandTable::rename(std::string_view name, const std::string& new_name) {
  CommandEntry* const entry = find(name);
  if (entry == nullptr) return Error{ErrorCode::kInvalid, "No such command in rename-command"};
  renames_[lower(name)] = nullptr;
  if (!new_name.empty()) {
    if (find(new_name) != nullptr) return Error{ErrorCode::kInvalid, "Target command name already exists"};
    renames_[lower(new_name)] = entry;
    entry->client_name = new_name;
    return {};
  }
  const auto place = std::ranges::find_if(entries_, [entry](const auto& each) { return each.get() == entry; });
  hidden_.push_back(std::move(*place));
  entries_.erase(place);
  return {};
}

CommandEntry* CommandTable::find(std::string_view name) const {
  if (!renames_.empty()) [[unlikely]] {
    const auto renamed = renames_.find(lower(name));
    if (renamed != renames_.end()) return renamed->second;
  }
  return find_own(name);
}

CommandEntry* CommandTable::find_own(std::string_view name) const {
  for (std::size_t slot = slot_of(name); slots_[slot] != nullptr; slot = (slot + 1) % kSlots) {
    if (equals_ignoring_case(slots_[slot]->row->name, name)) return slots_[slot];
  }
  return nullptr;
}

CommandEntry* CommandTable::find(std::span<const std::string_view> arguments) const {
  return in_container(find(arguments[0]), arguments);
}

CommandEntry* CommandTable::find_own(std::span<const std::string_view> arguments) const {
  return in_container(find_own(arguments[0]), arguments);
}

CommandEntry* CommandTable::find_full(std::string_view name) const {
  std::size_t bar = name.find('|');
  CommandEntry* entry = find(name.substr(0, bar));
  if (entry == nullptr || bar == std::string_view::npos) return entry;
  return find_subcommand(*entry, name.substr(bar + 1));
}

void CommandTable::reset_usage() {
  for (const auto& entry : entries_) {
    entry->usage.reset();
    for (const auto& subcommand : entry->subcommands) subcommand->usage.reset();
  }
}

}  // namespace terrace
