#include "src/execution/call.h"

#include <algorithm>

#include "src/text/ignoring_case.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

// The index of the specification's first key, 0 if there is none.
std::size_t find_begin(const KeySpec& spec, std::span<const std::string_view> arguments) {
  if (spec.begin == KeySpec::Begin::kIndex) return static_cast<std::size_t>(spec.index);
  if (spec.begin != KeySpec::Begin::kKeyword) return 0;
  std::ptrdiff_t count = std::ssize(arguments);
  if (spec.index > 0) {
    // An option at the end has no key behind it. A keyword whose keys run to the end (STREAMS) needs at least one.
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
  if (!count || *count < least || first > arguments.size()) return false;
  const auto step = static_cast<std::size_t>(spec.step);
  if (static_cast<std::size_t>(*count) > (arguments.size() - first + step - 1) / step) return false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(*count); ++i) {
    keys.push_back({static_cast<std::uint32_t>(first + i * step), spec.flags});
  }
  return true;
}

}  // namespace

bool find_keys(const Command& command, std::span<const std::string_view> arguments, std::vector<KeyPosition>& keys) {
  const std::int64_t least = command.flags & kNoMandatoryKeys ? 0 : 1;
  for (const KeySpec& spec : command.keys) {
    if (spec.flags == kNotKey) continue;
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

std::string_view flags_of(const Command& command, std::span<const std::string_view> arguments, const KeyPosition& key) {
  const bool variable = command.key_flags != nullptr && key.flags.find("variable_flags") != std::string_view::npos;
  return variable ? command.key_flags(arguments) : key.flags;
}

namespace {

// What the command does with its keys.
struct KeyUse {
  explicit KeyUse(const Command& row, std::span<const std::string_view> arguments)
      : overwritten(row.overwrites != nullptr && row.overwrites(arguments)),
        only_read((row.flags & (kReadonly | kMayWrite)) == kReadonly),
        head_only((row.flags & kHeadOnly) != 0) {}

  // In place: copying a planned key at once would wait until the processor has stored its parts.
  [[gnu::always_inline]] void plan(PlannedKey& planned, std::string_view name, unsigned database) const {
    planned.key = storage::Key(name);
    planned.database = database;
    planned.overwritten = overwritten;
    planned.only_read = only_read;
    planned.head_only = head_only;
  }

  bool overwritten;
  bool only_read;
  bool head_only;
};

}  // namespace

void plan_keys(const CommandEntry& entry, std::span<const std::string_view> arguments, unsigned database,
               std::vector<PlannedKey>& keys) {
  const KeyUse use(*entry.row, arguments);
  if (entry.one_key) {
    use.plan(keys.emplace_back(), arguments[1], database);
  } else if (!entry.row->keys.empty()) {
    static thread_local std::vector<KeyPosition> positions;
    positions.clear();
    find_keys(*entry.row, arguments, positions);
    for (const KeyPosition& position : positions) use.plan(keys.emplace_back(), arguments[position.argument], database);
  }
  if (entry.row->target_database == nullptr || keys.empty()) return;
  const std::optional<unsigned> target = entry.row->target_database(arguments);
  if (!target) return;
  if (entry.one_key) {
    keys.push_back({keys.back().key, *target});
  } else {
    keys.back().database = *target;
  }
}

void Call::begin(CommandEntry& command, std::span<const std::string_view> request, std::string_view resp,
                 unsigned database) {
  entry = &command;
  arguments = request;
  raw = resp;
  copy.reset();
  copies_begun = 0;
  unlisted_keys = false;
  served = false;
  monitored = false;
  begin_run();
  if (command.one_key && command.row->target_database == nullptr) {
    keys.resize(1);
    KeyUse(*command.row, request).plan(keys[0], request[1], database);
  } else {
    keys.clear();
    plan_keys(command, request, database, keys);
  }
}

}  // namespace terrace
