#include "src/execution/command_table.h"

#include "io/result.h"
#include "src/text/ignoring_case.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

bool has_one_key(const Command& row) {
  if (row.keys.size() != 1) return false;
  const KeySpec& spec = row.keys[0];
  return spec.begin == KeySpec::Begin::kIndex && spec.index == 1 && spec.find == KeySpec::Find::kRange &&
         spec.last == 0 && (row.arity >= 2 || row.arity <= -2);
}

std::unique_ptr<CommandEntry> make_entry(const Command& row, CommandEntry* container) {
  auto entry = std::make_unique<CommandEntry>();
  entry->row = &row;
  entry->container = container;
  entry->one_key = has_one_key(row);
  for (const Command& subcommand : row.subcommands) {
    entry->subcommands.push_back(make_entry(subcommand, entry.get()));
  }
  return entry;
}

CommandEntry* find_subcommand(const CommandEntry& container, std::string_view name) {
  for (const auto& entry : container.subcommands) {
    if (equals_ignoring_case(entry->own_name(), name)) return entry.get();
  }
  return nullptr;
}

// Where the specification's first key stands; 0 if nowhere.
std::size_t find_begin(const KeySpec& spec, std::span<const std::string_view> arguments) {
  if (spec.begin == KeySpec::Begin::kIndex) return static_cast<std::size_t>(spec.index);
  if (spec.begin != KeySpec::Begin::kKeyword) return 0;
  std::ptrdiff_t count = std::ssize(arguments);
  if (spec.index > 0) {
    // An option's word at the end, without its key, names none; where the keys run to the end there must be some.
    const std::ptrdiff_t end = spec.last < 0 ? count : count - 1;
    for (std::ptrdiff_t i = spec.index; i < end; ++i) {
      if (equals_ignoring_case(arguments[i], spec.keyword)) return static_cast<std::size_t>(i + 1);
    }
  } else {
    for (std::ptrdiff_t i = count + spec.index; i > 0; --i) {
      if (equals_ignoring_case(arguments[i], spec.keyword)) return static_cast<std::size_t>(i + 1);
    }
  }
  return 0;
}

bool add_range(const KeySpec& spec, std::size_t begin, std::size_t count, std::vector<KeyPosition>& keys) {
  std::size_t last = begin + static_cast<std::size_t>(std::max(spec.last, 0));
  if (spec.last < 0) {
    last = count - static_cast<std::size_t>(-spec.last);
    if (spec.limit > 1) last = begin + (count - begin) / static_cast<std::size_t>(spec.limit) - 1;
  }
  if (last >= count || last < begin) return false;
  for (std::size_t i = begin; i <= last; i += static_cast<std::size_t>(spec.step)) {
    keys.push_back({static_cast<std::uint32_t>(i), spec.flags});
  }
  return true;
}

bool add_counted(const KeySpec& spec, std::size_t begin, std::int64_t least,
                 std::span<const std::string_view> arguments, std::vector<KeyPosition>& keys) {
  std::size_t count_at = begin + static_cast<std::size_t>(spec.count_index);
  if (count_at >= arguments.size()) return false;
  auto count = parse_integer(arguments[count_at]);
  std::size_t first = begin + static_cast<std::size_t>(spec.first_key);
  if (!count || *count < least || first + static_cast<std::size_t>(*count) > arguments.size()) return false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(*count); ++i) {
    keys.push_back({static_cast<std::uint32_t>(first + i * static_cast<std::size_t>(spec.step)), spec.flags});
  }
  return true;
}

}  // namespace

std::string_view CommandEntry::own_name() const {
  return container ? row->name.substr(container->row->name.size() + 1) : row->name;
}

CommandTable::CommandTable(std::span<const std::span<const Command>> families) {
  for (std::span<const Command> family : families) add(family);
}

// The first eight letters, folded, and the length. A table this sparse rarely needs a second probe. The letters are not
// copied to be read as one word: such a read waits for all stores before it, as of the last command's value, and it
// took a twentieth of a SET.
std::size_t CommandTable::slot_of(std::string_view name) {
  std::uint64_t prefix = 0;
  for (const char letter : name.substr(0, 8)) prefix = prefix << 8 | static_cast<unsigned char>(letter);
  prefix |= 0x2020202020202020ull;
  return ((prefix ^ name.size()) * 0x9E3779B97F4A7C15ull >> 40) % kSlots;
}

void CommandTable::add(std::span<const Command> rows) {
  for (const Command& row : rows) {
    TERRACE_CHECK(find(row.name) == nullptr && entries_.size() < kSlots / 2);
    entries_.push_back(make_entry(row, nullptr));
    std::size_t slot = slot_of(row.name);
    while (slots_[slot] != nullptr) slot = (slot + 1) % kSlots;
    slots_[slot] = entries_.back().get();
  }
}

CommandEntry* CommandTable::find(std::string_view name) const {
  for (std::size_t slot = slot_of(name); slots_[slot] != nullptr; slot = (slot + 1) % kSlots) {
    if (equals_ignoring_case(slots_[slot]->row->name, name)) return slots_[slot];
  }
  return nullptr;
}

CommandEntry* CommandTable::find(std::span<const std::string_view> arguments) const {
  CommandEntry* entry = find(arguments[0]);
  if (entry == nullptr || entry->subcommands.empty() || arguments.size() < 2) return entry;
  CommandEntry* subcommand = find_subcommand(*entry, arguments[1]);
  return subcommand ? subcommand : entry;
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

bool find_keys(const Command& command, std::span<const std::string_view> arguments, std::vector<KeyPosition>& keys) {
  const std::int64_t least = command.flags & kNoMandatoryKeys ? 0 : 1;
  for (const KeySpec& spec : command.keys) {
    std::size_t begin = find_begin(spec, arguments);
    if (begin == 0) {
      if (spec.begin == KeySpec::Begin::kIndex) return false;
      continue;
    }
    if (begin >= arguments.size()) return false;
    if (spec.find == KeySpec::Find::kRange && !add_range(spec, begin, arguments.size(), keys)) return false;
    if (spec.find == KeySpec::Find::kKeyCount && !add_counted(spec, begin, least, arguments, keys)) return false;
  }
  if (command.further_key != nullptr) {
    const std::size_t index = command.further_key(arguments);
    if (index > 0) keys.push_back({static_cast<std::uint32_t>(index), command.further_key_flags});
  }
  return true;
}

}  // namespace terrace
