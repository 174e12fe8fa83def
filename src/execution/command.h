// Command: one row of the command table: the single source for dispatch, key extraction, COMMAND INFO and DOCS, and the
// random tests. To add a command, write one handler and one row.
// Ownership: rows are constants. Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "io/task.h"

namespace terrace {

class Context;
class ScriptRun;

// The flags of Redis (COMMAND INFO prints them in lower case).
enum CommandFlag : std::uint32_t {
  kWrite = 1u << 0,     // may change keys
  kReadonly = 1u << 1,  // reads keys
  kDenyOom = 1u << 2,   // may use more memory: waits for room, refused when storage is full
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,  // allowed while the store opens
  kStale = 1u << 8,
  kFast = 1u << 9,
  kNoAuth = 1u << 10,  // allowed before AUTH
  kNoMulti = 1u << 11,
  kMovableKeys = 1u << 12,
  kAllowBusy = 1u << 13,
  kNoAsyncLoading = 1u << 14,
  kSkipMonitor = 1u << 15,
  kSkipSlowlog = 1u << 16,
  kNoMandatoryKeys = 1u << 17,
  // Flags of Terrace, not shown to clients:
  kUsesInterpreter = 1u << 23,  // waits while a script runs
  kWhileSubscribed = 1u << 24,  // also for a RESP2 client that has subscribed
  kPushes = 1u << 25,           // the replies are pushes: sent though the client wants no replies (CLIENT REPLY OFF)
  kHeadOnly = 1u << 26,         // needs no value: of a large record on disk only the beginning is read (TYPE, TTL, DEL)
  kAlwaysAtOnce = 1u << 27,     // is not queued behind MULTI (EXEC, DISCARD, WATCH, QUIT, RESET)
  kUnlistedKeys = 1u << 28,     // may come to keys that its row cannot name (SORT BY, GET; EVAL)
  kMayWrite = 1u << 29,         // a read that may store its result with the key (PFCOUNT)
  kWholeKeyspace = 1u << 30,    // the reply may depend on any key (DBSIZE, SCAN, RANDOMKEY): it waits for the whole log

  kKeysUnknown = kUnlistedKeys | kWholeKeyspace,
};

// ACL categories that flags do not imply (Redis derives @read, @write, @fast, @slow, @admin, ... from the flags).
enum AclCategory : std::uint32_t {
  kCategoryKeyspace = 1u << 0,
  kCategoryString = 1u << 1,
  kCategoryConnection = 1u << 2,
  kCategoryDangerous = 1u << 3,
  kCategoryAdmin = 1u << 4,
  kCategoryList = 1u << 5,
  kCategorySet = 1u << 6,
  kCategorySortedSet = 1u << 7,
  kCategoryHash = 1u << 8,
  kCategoryBitmap = 1u << 9,
  kCategoryHyperLogLog = 1u << 10,
  kCategoryGeo = 1u << 11,
  kCategoryStream = 1u << 12,
  kCategoryScripting = 1u << 13,
  kCategoryTransaction = 1u << 14,
};

// One way to find keys among the arguments, in the words of Redis' key specifications
// (redis.io/docs/reference/key-specs).
struct KeySpec {
  enum class Begin : std::uint8_t { kIndex, kKeyword, kUnknown } begin = Begin::kIndex;
  enum class Find : std::uint8_t { kRange, kKeyCount, kUnknown } find = Find::kRange;
  std::string_view flags;  // e.g. "RW ACCESS UPDATE"; the letters of COMMAND INFO
  int index = 1;           // kIndex: of the first key; kKeyword: where the search starts (negative: from the end)
  std::string_view keyword = {};
  int last = 0;  // kRange: the last key relative to the first; -1: the last argument, -2: the last but one
  int step = 1;
  int limit = 0;
  int count_index = 0;  // kKeyCount: where the count stands, relative to begin
  int first_key = 0;    // kKeyCount: where the first key stands, relative to begin
  std::string_view notes = {};
};

// Of arguments that a cluster routes by as if they were keys: shard channels.
inline constexpr std::string_view kNotKey = "not_key";

// One argument for COMMAND DOCS.
struct Argument {
  enum class Type : std::uint8_t {
    kString,
    kInteger,
    kDouble,
    kKey,
    kPattern,
    kUnixTime,
    kPureToken,
    kOneOf,
    kBlock
  } type;
  std::string_view name;
  std::string_view token = {};
  enum Flag : std::uint8_t { kOptional = 1, kMultiple = 2, kMultipleToken = 4 };
  std::uint8_t flags = 0;
  std::string_view since = {};
  std::string_view deprecated_since = {};
  int key_spec = 0;  // kKey, or not 0: which of the command's key specifications finds it
  std::span<const Argument> children = {};
};

// What a version changed about a command, for COMMAND DOCS.
struct Change {
  std::string_view since;
  std::string_view text;
};

struct Command {
  std::string_view name;  // lower case; a subcommand's is "client|list"
  // Number of arguments with the name; negative: at least that many. Subcommand rows count the container's name too.
  int arity;
  std::uint32_t flags;
  std::uint32_t categories;
  std::span<const KeySpec> keys;
  // One of the five: a handler that replies before it returns, a handler that may suspend, a handler that runs further
  // commands as one unit (EVAL), subcommands, or (EXEC) the session's queued calls are run. Only COMMAND has both a
  // handler and subcommands.
  void (*run)(Context&) = nullptr;
  io::Task<void> (*run_async)(Context&) = nullptr;
  void (*run_script)(ScriptRun&) = nullptr;
  std::span<const Command> subcommands = {};
  bool runs_queue = false;
  // Do these arguments replace the value of the command's one key, whatever it is? Then it is not read. nullptr: never.
  bool (*overwrites)(std::span<const std::string_view> arguments) = nullptr;
  // Finds a key that no specification can describe: its index among the arguments, 0 if there is none.
  std::size_t (*further_key)(std::span<const std::string_view> arguments) = nullptr;
  std::string_view further_key_flags = {};
  // The flags in the reply of COMMAND GETKEYSANDFLAGS for a key whose flags depend on the arguments (`variable_flags`).
  std::string_view (*key_flags)(std::span<const std::string_view> arguments) = nullptr;
  // The database that this command selects for the commands after it (SELECT); nothing if the arguments are wrong.
  std::optional<unsigned> (*selects)(std::span<const std::string_view> arguments) = nullptr;
  // The database of the destination, if the arguments name one: the last key is looked up there. A command with a
  // single key (MOVE) looks that key up in both databases.
  std::optional<unsigned> (*target_database)(std::span<const std::string_view> arguments) = nullptr;
  // Is this argument a secret, which the slow log must not show? nullptr: none is.
  bool (*secret)(std::span<const std::string_view> arguments, std::size_t index) = nullptr;
  // For COMMAND DOCS.
  std::string_view summary = {};
  std::string_view since = {};
  std::string_view group = {};
  std::string_view complexity = {};
  std::string_view tips = {};       // for clients and proxies of a cluster (COMMAND INFO), separated by blanks
  std::string_view doc_flags = {};  // "deprecated", "syscmd", separated by blanks
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  std::span<const Change> history = {};
  std::span<const Argument> arguments = {};

  // Runs further commands: with any key, as one unit.
  bool is_script() const { return run_script != nullptr; }
};

}  // namespace terrace
