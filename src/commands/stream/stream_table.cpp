// The table of the stream commands.
#include "src/commands/families.h"
#include "src/commands/stream/stream_handlers.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kKeysOfXadd[] = {
    {.flags = "RW update", .notes = "Trimming removes entries, so it is no mere insertion."}};
constexpr KeySpec kKeysOfXlen[] = {{.flags = "RO"}};
constexpr KeySpec kKeysOfXrange[] = {{.flags = "RO access"}};
constexpr KeySpec kKeysOfXread[] = {{.begin = KeySpec::Begin::kKeyword,
                                     .flags = "RO access",
                                     .index = 1,
                                     .keyword = "STREAMS",
                                     .last = -1,
                                     .limit = 2}};
constexpr KeySpec kKeysOfXreadgroup[] = {{.begin = KeySpec::Begin::kKeyword,
                                          .flags = "RO access",
                                          .index = 4,
                                          .keyword = "STREAMS",
                                          .last = -1,
                                          .limit = 2}};
constexpr KeySpec kKeysOfXack[] = {{.flags = "RW update"}};
constexpr KeySpec kKeysOfXdel[] = {{.flags = "RW delete"}};
constexpr KeySpec kKeysOfXackdel[] = {{.flags = "RW update delete"}};
constexpr KeySpec kKeysOfXgroupCreateconsumer[] = {{.flags = "RW insert", .index = 2}};
constexpr KeySpec kKeysOfXgroupDestroy[] = {{.flags = "RW delete", .index = 2}};
constexpr KeySpec kKeysOfXgroupSetid[] = {{.flags = "RW update", .index = 2}};
constexpr KeySpec kKeysOfXinfoStream[] = {{.flags = "RO access", .index = 2}};

constexpr Change kXaddHistory[] = {{"6.2.0", "`NOMKSTREAM`, `MINID` and `LIMIT`."},
                                   {"7.0.0", "Ids with a time alone, `<ms>-*`."}};
constexpr Argument kXaddTrimStrategyArguments[] = {
    {.type = Type::kPureToken, .name = "maxlen", .token = "MAXLEN"},
    {.type = Type::kPureToken, .name = "minid", .token = "MINID", .since = "6.2.0"},
};
constexpr Argument kXaddTrimOperatorArguments[] = {
    {.type = Type::kPureToken, .name = "equal", .token = "="},
    {.type = Type::kPureToken, .name = "approximately", .token = "~"},
};
constexpr Argument kXaddTrimArguments[] = {
    {.type = Type::kOneOf, .name = "strategy", .children = kXaddTrimStrategyArguments},
    {.type = Type::kOneOf, .name = "operator", .flags = Argument::kOptional, .children = kXaddTrimOperatorArguments},
    {.type = Type::kString, .name = "threshold"},
    {.type = Type::kInteger, .name = "count", .token = "LIMIT", .flags = Argument::kOptional, .since = "6.2.0"},
};
constexpr Argument kXaddIdOrAutoArguments[] = {
    {.type = Type::kPureToken, .name = "auto_id", .token = "*"},
    {.type = Type::kString, .name = "id"},
};
constexpr Argument kXaddFieldValueArguments[] = {
    {.type = Type::kString, .name = "field"},
    {.type = Type::kString, .name = "value"},
};
constexpr Argument kXaddArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kPureToken,
     .name = "nomkstream",
     .token = "NOMKSTREAM",
     .flags = Argument::kOptional,
     .since = "6.2.0"},
    {.type = Type::kBlock, .name = "trim", .flags = Argument::kOptional, .children = kXaddTrimArguments},
    {.type = Type::kOneOf, .name = "id_or_auto", .children = kXaddIdOrAutoArguments},
    {.type = Type::kBlock, .name = "field_value", .flags = Argument::kMultiple, .children = kXaddFieldValueArguments},
};
constexpr Argument kXlenArguments[] = {
    {.type = Type::kKey, .name = "key"},
};
constexpr Change kXrangeHistory[] = {{"6.2.0", "Intervals without their ends."}};
constexpr Argument kXrangeArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "start"},
    {.type = Type::kString, .name = "end"},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
};
constexpr Change kXrevrangeHistory[] = {{"6.2.0", "Intervals without their ends."}};
constexpr Argument kXrevrangeArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "end"},
    {.type = Type::kString, .name = "start"},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
};
constexpr Argument kXreadStreamsArguments[] = {
    {.type = Type::kKey, .name = "key", .flags = Argument::kMultiple},
    {.type = Type::kString, .name = "id", .flags = Argument::kMultiple},
};
constexpr Argument kXreadArguments[] = {
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "milliseconds", .token = "BLOCK", .flags = Argument::kOptional},
    {.type = Type::kBlock, .name = "streams", .token = "STREAMS", .children = kXreadStreamsArguments},
};
constexpr Argument kXreadgroupGroupConsumerArguments[] = {
    {.type = Type::kString, .name = "group"},
    {.type = Type::kString, .name = "consumer"},
};
constexpr Argument kXreadgroupArguments[] = {
    {.type = Type::kBlock, .name = "group_consumer", .token = "GROUP", .children = kXreadgroupGroupConsumerArguments},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "milliseconds", .token = "BLOCK", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "noack", .token = "NOACK", .flags = Argument::kOptional},
    {.type = Type::kBlock, .name = "streams", .token = "STREAMS", .children = kXreadStreamsArguments},
};
constexpr Argument kXackArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "group"},
    {.type = Type::kString, .name = "id", .flags = Argument::kMultiple},
};
constexpr Argument kXdelArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "id", .flags = Argument::kMultiple},
};
constexpr Argument kReferencesArguments[] = {
    {.type = Type::kPureToken, .name = "keepref", .token = "KEEPREF"},
    {.type = Type::kPureToken, .name = "delref", .token = "DELREF"},
    {.type = Type::kPureToken, .name = "acked", .token = "ACKED"},
};
constexpr Argument kIdsArguments[] = {
    {.type = Type::kInteger, .name = "numids"},
    {.type = Type::kString, .name = "id", .flags = Argument::kMultiple},
};
constexpr Argument kXackdelArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "group"},
    {.type = Type::kOneOf, .name = "condition", .flags = Argument::kOptional, .children = kReferencesArguments},
    {.type = Type::kBlock, .name = "ids", .token = "IDS", .children = kIdsArguments},
};
constexpr Argument kXdelexArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kOneOf, .name = "condition", .flags = Argument::kOptional, .children = kReferencesArguments},
    {.type = Type::kBlock, .name = "ids", .token = "IDS", .children = kIdsArguments},
};
constexpr Change kXtrimHistory[] = {{"6.2.0", "`MINID` and `LIMIT`."}};
constexpr Argument kXtrimArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kBlock, .name = "trim", .children = kXaddTrimArguments},
};
constexpr Change kXsetidHistory[] = {{"7.0.0", "`ENTRIESADDED` and `MAXDELETEDID`."}};
constexpr Argument kXsetidArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "last-id"},
    {.type = Type::kInteger,
     .name = "entries_added",
     .token = "ENTRIESADDED",
     .flags = Argument::kOptional,
     .since = "7.0.0"},
    {.type = Type::kString,
     .name = "max_deleted_entry_id",
     .token = "MAXDELETEDID",
     .flags = Argument::kOptional,
     .since = "7.0.0"},
};
constexpr Argument kXgroupCreateconsumerArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "groupname"},
    {.type = Type::kString, .name = "consumername"},
};
constexpr Argument kXgroupDestroyArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "groupname"},
};
constexpr Change kXgroupSetidHistory[] = {{"7.0.0", "`ENTRIESREAD`."}};
constexpr Argument kXgroupSetidIdArguments[] = {
    {.type = Type::kString, .name = "id"},
    {.type = Type::kPureToken, .name = "new_id", .token = "$"},
};
constexpr Argument kXgroupSetidArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "groupname"},
    {.type = Type::kOneOf, .name = "id", .children = kXgroupSetidIdArguments},
    {.type = Type::kInteger, .name = "entries_read", .token = "ENTRIESREAD", .flags = Argument::kOptional},
};
constexpr Change kXgroupCreateHistory[] = {{"7.0.0", "`ENTRIESREAD`."}};
constexpr Argument kXgroupCreateArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "groupname"},
    {.type = Type::kOneOf, .name = "id", .children = kXgroupSetidIdArguments},
    {.type = Type::kPureToken, .name = "mkstream", .token = "MKSTREAM", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "entries_read", .token = "ENTRIESREAD", .flags = Argument::kOptional},
};
constexpr Change kXinfoStreamHistory[] = {
    {"6.0.0", "`FULL`."},
    {"7.0.0", "What was deleted and added, the first id, what groups have read and what is before them."}};
constexpr Argument kXinfoStreamFullArguments[] = {
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
};
constexpr Argument kXinfoStreamArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kBlock,
     .name = "full",
     .token = "FULL",
     .flags = Argument::kOptional,
     .children = kXinfoStreamFullArguments},
};
constexpr Change kXinfoGroupsHistory[] = {{"7.0.0", "What groups have read and what is before them."}};
constexpr Change kXpendingHistory[] = {{"6.2.0", "`IDLE`, and intervals without their ends."}};
constexpr Argument kXpendingFiltersArguments[] = {
    {.type = Type::kInteger, .name = "min-idle-time", .token = "IDLE", .flags = Argument::kOptional, .since = "6.2.0"},
    {.type = Type::kString, .name = "start"},
    {.type = Type::kString, .name = "end"},
    {.type = Type::kInteger, .name = "count"},
    {.type = Type::kString, .name = "consumer", .flags = Argument::kOptional},
};
constexpr Argument kXpendingArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "group"},
    {.type = Type::kBlock, .name = "filters", .flags = Argument::kOptional, .children = kXpendingFiltersArguments},
};
constexpr Argument kXclaimArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "group"},
    {.type = Type::kString, .name = "consumer"},
    {.type = Type::kString, .name = "min-idle-time"},
    {.type = Type::kString, .name = "id", .flags = Argument::kMultiple},
    {.type = Type::kInteger, .name = "ms", .token = "IDLE", .flags = Argument::kOptional},
    {.type = Type::kUnixTime, .name = "unix-time-milliseconds", .token = "TIME", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "count", .token = "RETRYCOUNT", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "force", .token = "FORCE", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "justid", .token = "JUSTID", .flags = Argument::kOptional},
    {.type = Type::kString, .name = "id", .token = "LASTID", .flags = Argument::kOptional},
};
constexpr Change kXautoclaimHistory[] = {
    {"7.0.0", "The ids that are pending no longer, since their entries are gone."}};
constexpr Argument kXautoclaimArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "group"},
    {.type = Type::kString, .name = "consumer"},
    {.type = Type::kString, .name = "min-idle-time"},
    {.type = Type::kString, .name = "start"},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "justid", .token = "JUSTID", .flags = Argument::kOptional},
};

constexpr Command kXgroupSubcommands[] = {
    {.name = "xgroup|createconsumer",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryStream,
     .keys = kKeysOfXgroupCreateconsumer,
     .run = commands::xgroup_createconsumer,
     .summary = "Makes a consumer.",
     .since = "6.2.0",
     .group = "stream",
     .complexity = "O(1)",
     .arguments = kXgroupCreateconsumerArguments},
    {.name = "xgroup|destroy",
     .arity = 4,
     .flags = kWrite,
     .categories = kCategoryStream,
     .keys = kKeysOfXgroupDestroy,
     .run = commands::xgroup_destroy,
     .summary = "Removes a group.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of entries pending.",
     .arguments = kXgroupDestroyArguments},
    {.name = "xgroup|delconsumer",
     .arity = 5,
     .flags = kWrite,
     .categories = kCategoryStream,
     .keys = kKeysOfXgroupDestroy,
     .run = commands::xgroup_delconsumer,
     .summary = "Removes a consumer with what is pending for it.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N*log(P)), N being the number of entries pending for it, P for all.",
     .arguments = kXgroupCreateconsumerArguments},
    {.name = "xgroup|setid",
     .arity = -5,
     .flags = kWrite,
     .categories = kCategoryStream,
     .keys = kKeysOfXgroupSetid,
     .run = commands::xgroup_setid,
     .summary = "Sets the id behind which a group reads on.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1)",
     .history = kXgroupSetidHistory,
     .arguments = kXgroupSetidArguments},
    {.name = "xgroup|create",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryStream,
     .keys = kKeysOfXgroupCreateconsumer,
     .run = commands::xgroup_create,
     .summary = "Makes a group.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1)",
     .history = kXgroupCreateHistory,
     .arguments = kXgroupCreateArguments},
    {.name = "xgroup|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kCategoryStream,
     .keys = {},
     .run = commands::xgroup_help,
     .summary = "Lists the subcommands.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1)"},
};
constexpr Command kXinfoSubcommands[] = {
    {.name = "xinfo|stream",
     .arity = -3,
     .flags = kReadonly,
     .categories = kCategoryStream,
     .keys = kKeysOfXinfoStream,
     .run = commands::xinfo_stream,
     .summary = "Tells a stream's figures, in full also its entries and groups.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1), in full O(N), N being the number of entries and pending ones told.",
     .history = kXinfoStreamHistory,
     .arguments = kXinfoStreamArguments},
    {.name = "xinfo|consumers",
     .arity = 4,
     .flags = kReadonly,
     .categories = kCategoryStream,
     .keys = kKeysOfXinfoStream,
     .run = commands::xinfo_consumers,
     .summary = "Lists a group's consumers.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of consumers.",
     .tips = "nondeterministic_output",
     .arguments = kXgroupDestroyArguments},
    {.name = "xinfo|groups",
     .arity = 3,
     .flags = kReadonly,
     .categories = kCategoryStream,
     .keys = kKeysOfXinfoStream,
     .run = commands::xinfo_groups,
     .summary = "Lists a stream's groups.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of groups.",
     .history = kXinfoGroupsHistory,
     .arguments = kXlenArguments},
    {.name = "xinfo|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kCategoryStream,
     .keys = {},
     .run = commands::xinfo_help,
     .summary = "Lists the subcommands.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1)"},
};

constexpr Command kCommands[] = {
    {.name = "xadd",
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXadd,
     .run = commands::xadd,
     .summary = "Adds an entry behind all others.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1), with trimming O(N), N being the number of entries removed.",
     .tips = "nondeterministic_output",
     .history = kXaddHistory,
     .arguments = kXaddArguments},
    {.name = "xlen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXlen,
     .run = commands::xlen,
     .summary = "Returns the number of entries.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1)",
     .arguments = kXlenArguments},
    {.name = "xrange",
     .arity = -4,
     .flags = kReadonly,
     .categories = kCategoryStream,
     .keys = kKeysOfXrange,
     .run = commands::xrange,
     .summary = "Returns the entries of an interval of ids.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of entries returned.",
     .history = kXrangeHistory,
     .arguments = kXrangeArguments},
    {.name = "xrevrange",
     .arity = -4,
     .flags = kReadonly,
     .categories = kCategoryStream,
     .keys = kKeysOfXrange,
     .run = commands::xrevrange,
     .summary = "Returns the entries of an interval of ids from the last one on.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of entries returned.",
     .history = kXrevrangeHistory,
     .arguments = kXrevrangeArguments},
    {.name = "xread",
     .arity = -4,
     .flags = kReadonly | kBlocking | kMovableKeys,
     .categories = kCategoryStream,
     .keys = kKeysOfXread,
     .run = commands::xread,
     .summary = "Returns the entries behind an id of each of several streams.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of entries returned.",
     .arguments = kXreadArguments},
    {.name = "xreadgroup",
     .arity = -7,
     .flags = kWrite | kBlocking | kMovableKeys,
     .categories = kCategoryStream,
     .keys = kKeysOfXreadgroup,
     .run = commands::xreadgroup,
     .summary = "Returns entries that are new to a group, or pending for one of its consumers.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N*log(P)), N being the number of entries returned, P of those pending.",
     .arguments = kXreadgroupArguments},
    {.name = "xack",
     .arity = -4,
     .flags = kWrite | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXack,
     .run = commands::xack,
     .summary = "Ends that entries are pending.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N*log(P)), N being the number of ids, P of entries pending.",
     .arguments = kXackArguments},
    {.name = "xdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXdel,
     .run = commands::xdel,
     .summary = "Removes entries.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of ids.",
     .arguments = kXdelArguments},
    {.name = "xackdel",
     .arity = -6,
     .flags = kWrite | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXackdel,
     .run = commands::xackdel,
     .summary = "Ends that entries are pending and removes them, as far as other groups let go of them.",
     .since = "8.2.0",
     .group = "stream",
     .complexity = "O(N*log(P)), N being the number of ids, P of entries pending.",
     .arguments = kXackdelArguments},
    {.name = "xdelex",
     .arity = -5,
     .flags = kWrite | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXdel,
     .run = commands::xdelex,
     .summary = "Removes entries, with a say in what groups still refer to.",
     .since = "8.2.0",
     .group = "stream",
     .complexity = "O(N), N being the number of ids.",
     .arguments = kXdelexArguments},
    {.name = "xtrim",
     .arity = -4,
     .flags = kWrite,
     .categories = kCategoryStream,
     .keys = kKeysOfXdel,
     .run = commands::xtrim,
     .summary = "Removes the first entries, down to a length or up to an id.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of entries removed.",
     .tips = "nondeterministic_output",
     .history = kXtrimHistory,
     .arguments = kXtrimArguments},
    {.name = "xsetid",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXack,
     .run = commands::xsetid,
     .summary = "Sets the last id of a stream and what it knows of its past.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(1)",
     .history = kXsetidHistory,
     .arguments = kXsetidArguments},
    {.name = "xgroup",
     .arity = -2,
     .flags = 0,
     .categories = 0,
     .keys = {},
     .subcommands = kXgroupSubcommands,
     .summary = "Makes, changes and removes consumer groups.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "That of the subcommand."},
    {.name = "xinfo",
     .arity = -2,
     .flags = 0,
     .categories = 0,
     .keys = {},
     .subcommands = kXinfoSubcommands,
     .summary = "Tells what streams, groups and consumers are.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "That of the subcommand."},
    {.name = "xpending",
     .arity = -3,
     .flags = kReadonly,
     .categories = kCategoryStream,
     .keys = kKeysOfXrange,
     .run = commands::xpending,
     .summary = "Tells which entries are pending, for whom and since when.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N), N being the number of entries looked at, or of consumers.",
     .tips = "nondeterministic_output",
     .history = kXpendingHistory,
     .arguments = kXpendingArguments},
    {.name = "xclaim",
     .arity = -6,
     .flags = kWrite | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXack,
     .run = commands::xclaim,
     .summary = "Makes entries pending for another consumer.",
     .since = "5.0.0",
     .group = "stream",
     .complexity = "O(N*log(P)), N being the number of ids, P of entries pending.",
     .tips = "nondeterministic_output",
     .arguments = kXclaimArguments},
    {.name = "xautoclaim",
     .arity = -6,
     .flags = kWrite | kFast,
     .categories = kCategoryStream,
     .keys = kKeysOfXdel,
     .run = commands::xautoclaim,
     .summary = "Makes entries pending for another consumer that are so for long.",
     .since = "6.2.0",
     .group = "stream",
     .complexity = "O(N*log(P)), N being the number of entries looked at, P of those pending.",
     .tips = "nondeterministic_output",
     .history = kXautoclaimHistory,
     .arguments = kXautoclaimArguments},
};

}  // namespace

std::span<const Command> stream_commands() {
  return kCommands;
}

}  // namespace terrace
