#include "src/execution/command_table.h"

#include <algorithm>
#include <utility>

#include "src/text/ignoring_case.h"

namespace terrace {
namespace {

bool has_one_key(const Command& row) {
  if (row.keys.size() != 1) return false;
  const KeySpec& spec = row.keys[0];
  return spec.flags != kNotKey && spec.begin == KeySpec::Begin::kIndex && spec.index == 1 &&
         spec.find == KeySpec::Find::kRange && spec.last == 0 && (row.arity >= 2 || row.arity <= -2);
}

std::unique_ptr<CommandEntry> make_entry(const Command& row, const FamilyParts& parts, CommandEntry* container,
                                         std::uint16_t& count) {
  auto entry = std::make_unique<CommandEntry>();
  entry->row = &row;
  entry->container = container;
  entry->parts = parts;
  entry->one_key = has_one_key(row);
  entry->number = count++;
  for (const Command& subcommand : row.subcommands) {
    entry->subcommands.push_back(make_entry(subcommand, parts, entry.get(), count));
  }
  return entry;
}

CommandEntry* find_subcommand(const CommandEntry& container, std::string_view name) {
  for (const auto& entry : container.subcommands) {
    if (equals_ignoring_case(entry->own_name(), name)) return entry.get();
  }
  return nullptr;
}

}  // namespace

std::string_view CommandEntry::own_name() const {
  return container ? row->name.substr(container->row->name.size() + 1) : row->name;
}

void CommandTable::add(const CommandFamily& family) {
  for (const Command& row : family.rows) {
    entries_.push_back(make_entry(row, family.parts, nullptr, count_));
    own_names_.add(row.name, *entries_.back());
    client_names_.add(row.name, *entries_.back());
  }
}

Result<void> CommandTable::rename(std::string_view name, const std::string& new_name) {
  CommandEntry* const entry = find(name);
  if (entry == nullptr) return Error{ErrorCode::kInvalid, "No such command in rename-command"};
  client_names_.remove(name);
  if (!new_name.empty()) {
    if (find(new_name) != nullptr) return Error{ErrorCode::kInvalid, "Target command name already exists"};
    entry->client_name = new_name;
    client_names_.add(entry->client_name, *entry);
    return {};
  }
  const auto place = std::ranges::find_if(entries_, [entry](const auto& each) { return each.get() == entry; });
  hidden_.push_back(std::move(*place));
  entries_.erase(place);
  return {};
}

CommandEntry* CommandTable::in_container(CommandEntry& container, std::string_view name) {
  CommandEntry* const subcommand = find_subcommand(container, name);
  return subcommand ? subcommand : &container;
}

CommandEntry* CommandTable::find_full(const CommandNames& names, std::string_view name) {
  std::size_t bar = name.find('|');
  CommandEntry* entry = names.find(name.substr(0, bar));
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
