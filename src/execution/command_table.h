// CommandTable: finds the rows of all command families by name, and keeps usage counters for each row.
// Ownership: owned by Server; borrows the rows, which are static. Thread: the reactor's.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/execution/command.h"
#include "src/execution/command_usage.h"
#include "src/execution/family_parts.h"

namespace terrace {

// The rows of one family, and the parts of the server that its handlers use.
struct CommandFamily {
  std::span<const Command> rows;
  FamilyParts parts = {};
};

struct CommandEntry {
  const Command* row = nullptr;
  CommandEntry* container = nullptr;  // of a subcommand
  std::vector<std::unique_ptr<CommandEntry>> subcommands;
  FamilyParts parts;
  bool one_key = false;  // the first argument is its only key: no search by key specifications is needed
  CommandUsage usage = {};

  std::string_view name() const { return row->name; }  // "client|list"
  std::string_view own_name() const;                   // "list"
};

class CommandTable {
 public:
  CommandTable() = default;
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  void add(const CommandFamily& family);

  // By name, in any case; nullptr if there is none.
  CommandEntry* find(std::string_view name) const;
  // By the first argument; if that is a container, by the second argument: its subcommand, or the container itself if
  // there is no such subcommand.
  CommandEntry* find(std::span<const std::string_view> arguments) const;
  // By a full name, "get" or "client|list".
  CommandEntry* find_full(std::string_view name) const;

  const std::vector<std::unique_ptr<CommandEntry>>& entries() const { return entries_; }
  void reset_usage();

 private:
  static constexpr std::size_t kSlots = 1024;  // more than twice the number of commands in Redis: probes stay short

  static std::size_t slot_of(std::string_view name);

  std::vector<std::unique_ptr<CommandEntry>> entries_;
  std::array<CommandEntry*, kSlots> slots_{};
};

}  // namespace terrace
