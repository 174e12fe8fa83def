// CommandTable: finds the rows of all command families by name, and keeps usage counters for each row.
// Ownership: owned by Server; borrows the rows, which are static. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "src/execution/command.h"
#include "src/execution/command_names.h"
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
  std::string client_name;   // of a renamed command: what clients call it
  bool one_key = false;      // the first argument is its only key: no search by key specifications is needed
  std::uint16_t number = 0;  // dense, of commands and subcommands
  CommandUsage usage = {};

  std::string_view name() const { return row->name; }  // "client|list"
  bool renamed() const { return !(container ? container : this)->client_name.empty(); }
  std::string_view own_name() const;  // "list"
};

class CommandTable {
 public:
  CommandTable() = default;
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  void add(const CommandFamily& family);
  // As the directive rename-command: clients find the command by the new name alone; "" hides it from them.
  Result<void> rename(std::string_view name, const std::string& new_name);

  // By the name that clients use, in any case; nullptr if there is none.
  CommandEntry* find(std::string_view name) const { return client_names_.find(name); }
  // By the first argument; if that is a container, by the second argument: its subcommand, or the container itself if
  // there is no such subcommand.
  CommandEntry* find(std::span<const std::string_view> arguments) const { return find(client_names_, arguments); }
  // The same by the name of its row, which the log uses.
  CommandEntry* find_own(std::span<const std::string_view> arguments) const { return find(own_names_, arguments); }
  // By a full name, "get" or "client|list".
  CommandEntry* find_full(std::string_view name) const { return find_full(client_names_, name); }
  // The same by the name of its row.
  CommandEntry* find_own_full(std::string_view name) const { return find_full(own_names_, name); }

  // Those that clients can use.
  const std::vector<std::unique_ptr<CommandEntry>>& entries() const { return entries_; }
  void reset_usage();

 private:
  static CommandEntry* find(const CommandNames& names, std::span<const std::string_view> arguments) {
    CommandEntry* const entry = names.find(arguments[0]);
    if (entry == nullptr || entry->subcommands.empty() || arguments.size() < 2) return entry;
    return in_container(*entry, arguments[1]);
  }
  static CommandEntry* in_container(CommandEntry& container, std::string_view name);
  static CommandEntry* find_full(const CommandNames& names, std::string_view name);

  std::vector<std::unique_ptr<CommandEntry>> entries_;
  std::vector<std::unique_ptr<CommandEntry>> hidden_;
  CommandNames client_names_;
  CommandNames own_names_;
  std::uint16_t count_ = 0;  // of numbers given
};

}  // namespace terrace
