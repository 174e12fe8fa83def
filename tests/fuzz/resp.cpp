// RequestParser: a client's bytes in one piece and in pieces of any sizes give the same commands, the same error and
// leave as much unfinished; what a command looked like (its raw view) parses to the same arguments again. The log's
// scanner, too, sees where it ends. A client that authenticates when it must gives the same commands as one that is
// authenticated from the beginning.
#include <fuzzer/FuzzedDataProvider.h>

#include "src/commands/command_families.h"
#include "src/execution/command_table.h"
#include "src/resp/request_parser.h"
#include "src/resp/unit_scanner.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

namespace {

using Commands = std::vector<std::vector<std::string>>;

struct Outcome {
  Commands commands;
  RequestParser::Status status = RequestParser::Status::kOk;
  std::string error;
  std::size_t pending_bytes = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void check_raw(std::string_view raw, const std::vector<std::string>& arguments) {
  RequestParser parser;
  RequestBatch batch;
  FUZZ_REQUIRE(parser.parse(raw, {~0ull, ~0ull, true}, batch) == RequestParser::Status::kOk, std::string(raw));
  FUZZ_REQUIRE(batch.requests.size() == 1 && parser.pending_bytes() == 0, std::string(raw));
  const auto again = batch.arguments_of(batch.requests[0]);
  FUZZ_REQUIRE(std::equal(again.begin(), again.end(), arguments.begin(), arguments.end()), std::string(raw));
}

// In two pieces: behind the first the command has not ended.
void check_scan(std::string_view raw, std::size_t cut) {
  RespUnitScanner scanner;
  const auto bytes = std::as_bytes(std::span(raw));
  const Result<std::uint64_t> first = scanner.scan(bytes.first(cut));
  FUZZ_REQUIRE(first.ok() && *first == 0, std::string(raw));
  const Result<std::uint64_t> second = scanner.scan(bytes.subspan(cut));
  FUZZ_REQUIRE(second.ok() && *second == raw.size() - cut, std::string(raw));
}

void take(const RequestBatch& batch, Commands& commands) {
  for (const Request& request : batch.requests) {
    const auto arguments = batch.arguments_of(request);
    FUZZ_REQUIRE(!arguments.empty(), "a command without arguments");
    commands.emplace_back(arguments.begin(), arguments.end());
    if (request.raw.empty()) continue;
    check_raw(request.raw, commands.back());
    const bool unit = arguments[0] != "MULTI" && arguments[0] != "EXEC";
    if (unit) check_scan(request.raw, commands.size() * 7 % request.raw.size());
  }
}

template <typename NextSize>
Outcome feed(std::string_view bytes, RequestParser::Limits limits, NextSize next_size, bool authenticates = false) {
  RequestParser parser;
  RequestBatch batch;
  Outcome outcome;
  while (!bytes.empty() && outcome.status == RequestParser::Status::kOk) {
    // A buffer of its own size: reads past the piece are found, and so are views into what was only lent.
    const std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(next_size(bytes.size())));
    bytes.remove_prefix(piece.size());
    batch.clear();
    outcome.status = parser.parse({piece.data(), piece.size()}, limits, batch);
    take(batch, outcome.commands);
    if (outcome.status != RequestParser::Status::kUnauthenticated || !authenticates) continue;
    limits.authenticated = true;
    batch.clear();
    outcome.status = parser.parse({}, limits, batch);
    take(batch, outcome.commands);
  }
  if (outcome.status == RequestParser::Status::kOk) outcome.pending_bytes = parser.pending_bytes();
  const bool has_error =
      outcome.status == RequestParser::Status::kProtocol || outcome.status == RequestParser::Status::kUnauthenticated;
  if (has_error) outcome.error = parser.error();
  return outcome;
}

std::string words_of(const Outcome& outcome) {
  return std::to_string(outcome.commands.size()) + " commands, status " +
         std::to_string(static_cast<int>(outcome.status)) + " \"" + outcome.error + "\", " +
         std::to_string(outcome.pending_bytes) + " bytes pending";
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  RequestParser::Limits limits;
  limits.authenticated = input.ConsumeBool();
  if (input.ConsumeBool()) limits.max_bulk_bytes = input.ConsumeIntegral<std::uint8_t>();
  const bool bounded = input.ConsumeBool();
  const std::size_t pending_bytes = bounded ? input.ConsumeIntegral<std::uint8_t>() : limits.max_pending_bytes;
  const std::size_t largest = 1 + input.ConsumeIntegral<std::uint8_t>();
  std::uint32_t chance = input.ConsumeIntegral<std::uint32_t>();
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  // A line's length is bounded only while its end is missing, which depends on the pieces.
  if (bytes.size() > RequestParser::kMaxLine) return;
  const auto random_size = [&](std::size_t left) {
    chance = chance * 1664525 + 1013904223;
    return std::min(left, 1 + (chance >> 8) % largest);
  };
  const Outcome whole = feed(bytes, limits, [](std::size_t left) { return left; });
  const Outcome pieces = feed(bytes, limits, random_size);
  FUZZ_REQUIRE(whole == pieces, "whole: " + words_of(whole) + "; in pieces: " + words_of(pieces));
  if (!limits.authenticated) {
    const Outcome late = feed(bytes, limits, random_size, true);
    limits.authenticated = true;
    const Outcome always = feed(bytes, limits, [](std::size_t left) { return left; });
    FUZZ_REQUIRE(late == always, "authenticates: " + words_of(late) + "; is authenticated: " + words_of(always));
    limits.authenticated = false;
  }
  // Where the unfinished command may be too large the pieces matter, but what comes first is the same.
  limits.max_pending_bytes = pending_bytes;
  if (!bounded) return;
  const Outcome narrow = feed(bytes, limits, random_size);
  FUZZ_REQUIRE(narrow.commands.size() <= whole.commands.size() &&
                   std::equal(narrow.commands.begin(), narrow.commands.end(), whole.commands.begin()),
               "bounded: " + words_of(narrow) + "; whole: " + words_of(whole));
}

std::vector<std::string> seeds() {
  return {};
}

std::vector<std::string> words() {
  std::vector<std::string> words = {"\r\n",    "*1\r\n",    "*2\r\n",     "*3\r\n",   "$0\r\n\r\n",
                                    "$-1\r\n", "*-1\r\n",   "*0\r\n",     "\\x",      "\"",
                                    "'",       "*1024\r\n", "$16385\r\n", "$512\r\n", "\n"};
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  for (const auto& entry : table.entries()) {
    const std::string name(entry->name());
    words.push_back("$" + std::to_string(name.size()) + "\r\n" + name + "\r\n");
  }
  return words;
}

}  // namespace terrace::fuzz
