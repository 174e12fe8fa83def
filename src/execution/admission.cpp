#include "src/execution/admission.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "src/execution/write_errors.h"
#include "src/text/c_string.h"
#include "src/text/ignoring_case.h"

namespace terrace {
namespace {

constexpr std::size_t kMaxShownArguments = 128;  // bytes of an unknown command's arguments in its error
// Smaller units fit into the room that eviction keeps free.
constexpr std::size_t kLargeUnit = 1 << 20;

// A name as errors show it: cut to a length, and at the first NUL, as in Redis.
std::string shown_name(std::string_view name) {
  return std::string(until_nul(name.substr(0, kMaxShownArguments)));
}

// The flags of the unit that this command begins: EXEC also has those of the queued commands.
std::uint32_t unit_flags(const CommandBatch& x, const Command& row) {
  return row.runs_queue ? row.flags | x.session->transaction.flags() : row.flags;
}

// Of the arguments of the unit that this command is or begins: about the size of its effects.
std::size_t unit_bytes(const CommandBatch& x, const Command& row) {
  return row.runs_queue ? x.session->transaction.argument_bytes() : x.requests.requests[x.next].raw.size();
}

}  // namespace

Admission::Verdict Admission::admit(CommandBatch& x, CommandEntry* entry, std::span<const std::string_view> arguments) {
  const bool known = entry != nullptr && (entry->subcommands.empty() || arguments.size() == 1);
  x.session->last_command = known ? entry : nullptr;
  if (!known) return refuse_unknown(x, entry, arguments);
  const Command& row = *entry->row;
  const int count = static_cast<int>(arguments.size());
  if (row.arity > 0 ? count != row.arity : count < -row.arity) {
    return refuse(x, entry, "ERR wrong number of arguments for '" + std::string(row.name) + "' command");
  }
  if (!x.origin->admitted) return Verdict::kRun;
  if (x.origin->is_client) {
    const Verdict verdict = admit_client(x, *entry, arguments);
    if (verdict != Verdict::kRun) return verdict;
  }
  const std::uint32_t flags = unit_flags(x, row);
  const bool queued = x.session->transaction.open() && !(row.flags & kAlwaysAtOnce);
  if ((queued || (flags & kDenyOom)) && !store_.loading() && store_.engine().out_of_memory()) {
    return refuse(x, entry, kOutOfMemoryError);
  }
  if (flags & kWrite) return admit_write(x, *entry, flags);
  if (row.is_script() && !queued) return admit_script(x);
  return queued && !store_.loading() ? wait_for_room(x, *entry) : Verdict::kRun;
}

Admission::Verdict Admission::admit_client(CommandBatch& x, CommandEntry& entry,
                                           std::span<const std::string_view> arguments) {
  const Command& row = *entry.row;
  if (x.session->must_authenticate() && !(row.flags & kNoAuth)) {
    return refuse(x, &entry, "NOAUTH Authentication required.");
  }
  if (x.session->transaction.open() && (row.flags & kNoMulti)) {
    return refuse(x, &entry, "ERR Command not allowed inside a transaction");
  }
  if (x.session->subscribed && x.session->protocol == 2 && !(row.flags & kWhileSubscribed)) {
    return refuse(x, &entry,
                  "ERR Can't execute '" + std::string(row.name) +
                      "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  }
  if (!x.session->user->unrestricted()) [[unlikely]] {
    const User& user = *x.session->user;
    const User::Place place = x.session->transaction.open() ? User::Place::kMulti : User::Place::kTopLevel;
    const User::Denial denial = user.admit(*x.session, entry, arguments, place);
    if (denial != User::Denial::kNone) return refuse(x, &entry, user.error_text(denial, entry));
  }
  if (store_.loading() && !(row.flags & kLoading)) {
    return refuse(x, &entry, "LOADING Redis is loading the dataset in memory");
  }
  if (scripts_.running() && !(row.flags & kAllowBusy) && scripts_.busy())
    return refuse(x, &entry, scripts_.busy_error());
  if (pause_.holds(unit_flags(x, row) & (kWrite | kMayWrite))) {
    x.wait = CommandBatch::Wait::kPause;
    return Verdict::kWait;
  }
  return Verdict::kRun;
}

Admission::Verdict Admission::admit_write(CommandBatch& x, CommandEntry& entry, std::uint32_t flags) {
  const bool grows = (flags & kDenyOom) != 0;
  if (x.origin->is_client && !settings_.replica_of.empty()) {
    return refuse(x, &entry, kReadOnlyReplicaError);
  }
  const storage::Engine& engine = store_.engine();
  const std::size_t bytes = unit_bytes(x, *entry.row);
  if (bytes < kLargeUnit && engine.unhindered()) return Verdict::kRun;
  if (auto writable = engine.writable(grows, bytes); !writable.ok()) {
    return refuse(x, &entry, refused_write_error(writable.error()));
  }
  return grows ? wait_for_room(x, entry) : Verdict::kRun;
}

// A script may only read: it waits for room, and what it may not write its calls are told.
Admission::Verdict Admission::admit_script(CommandBatch& x) {
  const storage::Engine& engine = store_.engine();
  if (store_.loading() || engine.unhindered() || engine.has_room() || !engine.writable(true).ok()) return Verdict::kRun;
  x.wait = CommandBatch::Wait::kRoom;
  return Verdict::kWait;
}

// A large unit is charged for its arguments while it waits, or smaller units would take the room that eviction makes.
Admission::Verdict Admission::wait_for_room(CommandBatch& x, CommandEntry& entry) {
  const std::size_t bytes = unit_bytes(x, *entry.row);
  if (bytes >= kLargeUnit) x.unit_charge.resize(bytes);
  if (!store_.engine().has_room()) {
    // On a full disk no room will come. What may free some is queued.
    if (auto writable = store_.engine().writable(true); !writable.ok()) {
      if (bytes < kLargeUnit && !(unit_flags(x, *entry.row) & kDenyOom)) return Verdict::kRun;
      return refuse(x, &entry, refused_write_error(writable.error()));
    }
    x.wait = CommandBatch::Wait::kRoom;
    return Verdict::kWait;
  }
  x.unit_charge.resize(0);
  return Verdict::kRun;
}

// A refused EXEC discards the queue. If a command cannot be queued, EXEC will run none of the others.
Admission::Verdict Admission::refuse(CommandBatch& x, CommandEntry* entry, std::string_view error) {
  if (entry != nullptr && entry->row->runs_queue) {
    const std::size_t code = error.starts_with("ERR ") ? 4 : 0;
    runner_.reject(x, entry, "EXECABORT Transaction discarded because of: " + std::string(error.substr(code)));
    transactions_.discard(*x.session);
  } else {
    runner_.reject(x, entry, error);
    if (x.session->transaction.open()) x.session->transaction.refuse();
  }
  return Verdict::kAnswered;
}

Admission::Verdict Admission::refuse_unknown(CommandBatch& x, CommandEntry* entry,
                                             std::span<const std::string_view> arguments) {
  if (entry != nullptr) {
    std::string name(entry->client_name.empty() ? entry->name() : entry->client_name);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return refuse(x, entry, "ERR unknown subcommand '" + shown_name(arguments[1]) + "'. Try " + name + " HELP.");
  }
  if (equals_ignoring_case(arguments[0], "host:") || equals_ignoring_case(arguments[0], "post")) {
    logger_.warning("Possible SECURITY ATTACK detected: a client speaks HTTP (" + x.session->address +
                    "). Connection aborted.");
    x.session->closing = true;
    return Verdict::kAnswered;
  }
  std::string shown;
  for (std::size_t i = 1; i < arguments.size() && shown.size() < kMaxShownArguments; ++i) {
    std::string_view argument = arguments[i].substr(0, kMaxShownArguments - shown.size());
    shown += '\'';
    shown += until_nul(argument);
    shown += "' ";
  }
  return refuse(x, entry, "ERR unknown command '" + shown_name(arguments[0]) + "', with args beginning with: " + shown);
}

}  // namespace terrace
