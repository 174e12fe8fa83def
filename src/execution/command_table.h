// CommandTable: the rows of all command families under their names, with what the server keeps beside each row.
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

// The rows of one family, and what its handlers use beside keys.
struct CommandFamily {
  std::span<const Command> rows;
  FamilyParts parts = {};
};

struct CommandEntry {
  const Command* row = nullptr;
  CommandEntry* container = nullptr;  // of a subcommand
  std::vector<std::unique_ptr<CommandEntry>> subcommands;
  FamilyParts parts;
  bool one_key = false;  // its only key is the first argument: needs no walk of key specifications
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

  static std::size_t slot_of(std::string_view name);

  std::vector<std::unique_ptr<CommandEntry>> entries_;
  std::array<CommandEntry*, kSlots> slots_{};
};

}  // namespace terrace
