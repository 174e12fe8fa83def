#include "src/commands/acl/acl_handlers.h"
#include "src/commands/families.h"
#include "src/commands/shared/rows.h"

namespace terrace {
namespace {

constexpr std::uint32_t kFlags = kNoScript | kLoading | kStale;
constexpr std::uint32_t kAdminFlags = kFlags | kAdmin;

constexpr Argument kCatArguments[] = {optional(string("categoryname"))};
constexpr Argument kUserArgument[] = {string("username")};
constexpr Argument kUsersArgument[] = {multiple(string("username"))};
constexpr Argument kDryRunArguments[] = {string("username"), string("command"), optional(multiple(string("arg")))};
constexpr Argument kGenPassArguments[] = {optional(integer("bits"))};
constexpr Argument kLogChoice[] = {integer("count"), token("reset", "RESET")};
constexpr Argument kLogArguments[] = {optional(one_of("operation", kLogChoice))};
constexpr Argument kSetUserArguments[] = {string("username"), optional(multiple(string("rule")))};

constexpr Change kGetUserHistory[] = {{"6.2.0", "Patterns of channels."},
                                      {"7.0.0", "Selectors; the patterns of keys and channels are rules."}};
constexpr Change kSetUserHistory[] = {{"6.2.0", "Patterns of channels."},
                                      {"7.0.0", "Selectors, and keys that may only be read or written."}};
constexpr Change kLogHistory[] = {{"7.2.0", "The entry's number, and when it was made and last counted."}};

constexpr Command with_secrets(Command row) {
  row.secret = [](std::span<const std::string_view> /*arguments*/, std::size_t index) { return index >= 2; };
  return row;
}

constexpr SubcommandRows kRows = {
    .categories = 0, .group = "server", .complexity = "O(N), N being the number of users, rules or entries."};

constexpr Command kSubcommands[] = {
    kRows.row("acl|cat", -2, kFlags, commands::acl_cat, "6.0.0", "Names the categories, or the commands of one.",
              kCatArguments),
    kRows.row("acl|deluser", -3, kAdminFlags, commands::acl_deluser, "6.0.0", "Deletes users.", kUsersArgument),
    kRows.row("acl|dryrun", -4, kAdminFlags, commands::acl_dryrun, "7.0.0", "Tells whether a user may run a command.",
              kDryRunArguments),
    kRows.row("acl|genpass", -2, kFlags, commands::acl_genpass, "6.0.0", "Makes a password.", kGenPassArguments),
    kRows.row("acl|getuser", 3, kAdminFlags, commands::acl_getuser, "6.0.0", "Describes a user.", kUserArgument, {},
              kGetUserHistory),
    kRows.row("acl|help", 2, kLoading | kStale, commands::acl_help, "6.0.0", "Lists the subcommands."),
    kRows.row("acl|list", 2, kAdminFlags, commands::acl_list, "6.0.0", "Describes all users, a line each."),
    kRows.row("acl|load", 2, kAdminFlags, commands::acl_load, "6.0.0", "Reads the file of users again."),
    kRows.row("acl|log", -2, kAdminFlags, commands::acl_log, "6.0.0", "Tells what was denied.", kLogArguments, {},
              kLogHistory),
    kRows.row("acl|save", 2, kAdminFlags, commands::acl_save, "6.0.0", "Writes the file of users."),
    with_secrets(kRows.row("acl|setuser", -3, kAdminFlags, commands::acl_setuser, "6.0.0", "Makes or changes a user.",
                           kSetUserArguments, {}, kSetUserHistory)),
    kRows.row("acl|users", 2, kAdminFlags, commands::acl_users, "6.0.0", "Names all users."),
    kRows.row("acl|whoami", 2, kFlags, commands::acl_whoami, "6.0.0", "Names the user of this connection."),
};

constexpr Command kCommands[] = {
    container("acl", kSubcommands, "6.0.0", "server", "Commands about users and what they may do."),
};

}  // namespace

std::span<const Command> acl_commands() {
  return kCommands;
}

}  // namespace terrace
