// CommandTable: the rows of all command families under their names, with what the server keeps beside each row.
// Ownership: owned by Server; borrows the rows, which are static. Thread: the reactor's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/command.h"
#include "src/execution/command_usage.h"

namespace terrace {

struct CommandEntry {
  const Command* row = nullptr;
  CommandEntry* container = nullptr;  // of a subcommand
  std::vector<std::unique_ptr<CommandEntry>> subcommands;
  bool one_key = false;  // its only key is the first argument: needs no walk of key specifications
  CommandUsage usage;

  std::string_view name() const { return row->name; }  // "client|list"
  std::string_view own_name() const;                   // "list"
};

class CommandTable {
 public:
  explicit CommandTable(std::span<const std::span<const Command>> families);
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // By the first argument, whatever its case; nullptr if there is none.
  CommandEntry* find(std::string_view name) const;
  // By the first argument or, for a container, the second: its subcommand, or the container itself if that is unknown.
  CommandEntry* find(std::span<const std::string_view> arguments) const;
  // By a full name, "get" or "client|list".
  CommandEntry* find_full(std::string_view name) const;

  const std::vector<std::unique_ptr<CommandEntry>>& entries() const { return entries_; }
  void reset_usage();

 private:
  static constexpr std::size_t kSlots = 1024;  // over twice the commands of Redis, so that probes stay short

  void add(std::span<const Command> rows);
  static std::size_t slot_of(std::string_view name);

  std::vector<std::unique_ptr<CommandEntry>> entries_;
  std::array<CommandEntry*, kSlots> slots_{};
};

// One key among a command's arguments.
struct KeyPosition {
  std::uint32_t argument;
  std::string_view flags;  // of the key specification that found it
};

// Appends the keys that the row's specifications find. False if the arguments do not fit the specifications.
bool find_keys(const Command& command, std::span<const std::string_view> arguments, std::vector<KeyPosition>& keys);

}  // namespace terrace
