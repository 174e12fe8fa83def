#include "src/resp/request_parser.h"

#include <gtest/gtest.h>

#include <random>

namespace terrace {
namespace {

using Status = RequestParser::Status;
using Commands = std::vector<std::vector<std::string>>;

void take(const RequestBatch& batch, Commands& commands) {
  for (const Request& request : batch.requests) {
    auto arguments = batch.arguments_of(request);
    commands.emplace_back(arguments.begin(), arguments.end());
  }
}

// Feeds `text` in pieces of the sizes that `next_size` gives.
template <typename NextSize>
Status feed(const std::string& text, NextSize next_size, Commands& commands, std::string* error = nullptr,
            RequestParser::Limits limits = {}) {
  RequestParser parser;
  RequestBatch batch;
  for (std::size_t at = 0; at < text.size();) {
    std::string piece = text.substr(at, next_size());
    at += piece.size();
    batch.clear();
    Status status = parser.parse(piece, limits, batch);
    take(batch, commands);
    piece.assign(piece.size(), '#');  // received bytes are only lent
    if (status == Status::kOk) continue;
    if (error) *error = parser.error();
    return status;
  }
  return Status::kOk;
}

Commands parse_whole(const std::string& text) {
  Commands commands;
  EXPECT_EQ(feed(
                text, [&] { return text.size(); }, commands),
            Status::kOk);
  return commands;
}

std::string error_of(const std::string& text, RequestParser::Limits limits = {}, Status status = Status::kProtocol) {
  Commands commands;
  std::string error;
  EXPECT_EQ(feed(
                text, [&] { return text.size(); }, commands, &error, limits),
            status)
      << text.substr(0, 40);
  return error;
}

std::string command_text(const std::vector<std::string>& arguments) {
  std::string text = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    text += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return text;
}

TEST(RequestParser, FindsAllCommandsOfOneReceive) {
  EXPECT_EQ(parse_whole(command_text({"SET", "k", "v"}) + command_text({"GET", "k"})),
            (Commands{{"SET", "k", "v"}, {"GET", "k"}}));
}

TEST(RequestParser, TellsTheRawBytesOfArrays) {
  RequestParser parser;
  RequestBatch batch;
  std::string text = command_text({"SET", "k", "v"});
  std::string received = text + "PING\r\n";
  ASSERT_EQ(parser.parse(received, {}, batch), Status::kOk);
  ASSERT_EQ(batch.requests.size(), 2u);
  EXPECT_EQ(batch.requests[0].raw, text);
  EXPECT_TRUE(batch.requests[1].raw.empty());
}

TEST(RequestParser, BorrowsWhatWasReceivedWhole) {
  RequestParser parser;
  RequestBatch batch;
  std::string text = command_text({"GET", "key"});
  ASSERT_EQ(parser.parse(text, {}, batch), Status::kOk);
  EXPECT_GE(batch.arguments[1].data(), text.data());
  EXPECT_LT(batch.arguments[1].data(), text.data() + text.size());
  EXPECT_EQ(parser.pending_bytes(), 0u);
}

TEST(RequestParser, EmptyAndNegativeArraysAreNothing) {
  EXPECT_EQ(parse_whole("*0\r\n*-1\r\n" + command_text({"PING"})), (Commands{{"PING"}}));
}

TEST(RequestParser, ReadsInlineCommands) {
  EXPECT_EQ(parse_whole("PING\r\n\r\nSET a \"b c\\x41\\n\"\nGET 'it\\'s'\r\n"),
            (Commands{{"PING"}, {"SET", "a", "b cA\n"}, {"GET", "it's"}}));
}

// The line without quotes has a separate path.
TEST(RequestParser, InlineWordsAreSplitAsThoseWithQuotesAre) {
  const std::string plain("  SET\t a\v\f b\\x \r x ");
  EXPECT_EQ(parse_whole(plain + "\n"), (Commands{{"SET", "a", "b\\x", "x"}}));
  EXPECT_EQ(parse_whole(plain + " \"\"\n"), (Commands{{"SET", "a", "b\\x", "x", ""}}));
  EXPECT_EQ(parse_whole(std::string("SET a\0 b\n", 9)), (Commands{{"SET", "a"}}));
  EXPECT_EQ(parse_whole(" \t\r\n \n"), Commands{});
}

TEST(RequestParser, IsTheSameHoweverTheBytesAreCut) {
  Commands expected = {
      {"SET", "k", std::string(3000, 'x')},     {"PING"},    {"ECHO", ""}, {"MGET", "a", "b", "c\r\n*1\r\n"},
      {"SET", "big", std::string(200000, 'y')}, {"GET", "k"}};
  std::string text;
  for (const auto& command : expected) text += command_text(command);
  text += "INLINE a 'b'\r\n";
  expected.push_back({"INLINE", "a", "b"});
  Commands one_by_one;
  ASSERT_EQ(feed(
                text, [] { return 1; }, one_by_one),
            Status::kOk);
  EXPECT_EQ(one_by_one, expected);
  std::mt19937 random(42);
  for (int round = 0; round < 200; ++round) {
    Commands commands;
    ASSERT_EQ(feed(
                  text, [&] { return 1 + random() % (1u << random() % 17); }, commands),
              Status::kOk);
    ASSERT_EQ(commands, expected) << round;
  }
}

TEST(RequestParser, GivesBackTheBufferOfALargeCommand) {
  RequestParser parser;
  RequestBatch batch;
  std::string text = command_text({"SET", "k", std::string(1 << 20, 'x')});
  ASSERT_EQ(parser.parse(text.substr(0, 1000), {}, batch), Status::kOk);
  parser.grow(parser.wanted());
  EXPECT_GE(parser.buffer_bytes(), 1u << 20);  // taken at once
  ASSERT_EQ(parser.parse(text.substr(1000), {}, batch), Status::kOk);
  ASSERT_EQ(batch.requests.size(), 1u);
  batch.clear();
  ASSERT_EQ(parser.parse("PING\r\n", {}, batch), Status::kOk);
  EXPECT_LT(parser.buffer_bytes(), 1u << 16);
}

TEST(RequestParser, ChargesAnArgumentThatIsUnderWayByItsAnnouncedSize) {
  storage::Ledger ledger;
  const auto charged = [&ledger] { return ledger.total(); };
  RequestBatch batch;
  {
    RequestParser parser(ledger);
    ASSERT_EQ(parser.parse("*1\r\n$4\r\nPING\r\n", {}, batch), Status::kOk);
    EXPECT_EQ(charged(), 0u);  // nothing is kept
    const std::string text = command_text({"SET", "k", std::string(20 << 20, 'x')});
    ASSERT_EQ(parser.parse(text.substr(0, 100), {}, batch), Status::kOk);
    // Memory for the rest is taken by the caller.
    EXPECT_LT(charged(), 1000u);
    EXPECT_FALSE(parser.grown());
    ASSERT_GE(parser.wanted(), (20u << 20) - 1000);
    const std::uint64_t taken = 2 * parser.wanted();  // for a copy, too
    parser.charge().resize(parser.charge().bytes() + taken);
    parser.grow(taken);
    EXPECT_EQ(parser.wanted(), 0u);
    EXPECT_TRUE(parser.grown());
    EXPECT_GE(parser.buffer_bytes(), 20u << 20);
    EXPECT_EQ(charged(), parser.charged_bytes());
    EXPECT_EQ(charged(), ledger.bytes(storage::Account::kLargeRequests));
    EXPECT_GE(charged(), 39u << 20);
    EXPECT_EQ(parser.missing_bytes(), text.size() - 100);
    ASSERT_EQ(parser.parse(text.substr(100), {}, batch), Status::kOk);
    ASSERT_EQ(batch.requests.size(), 2u);
    EXPECT_EQ(batch.arguments_of(batch.requests[1])[2].size(), 20u << 20);
    EXPECT_FALSE(parser.grown());
    EXPECT_GE(charged(), 39u << 20);  // the command's views point there
    parser.release_consumed(false);
    EXPECT_LT(charged(), 1u << 16);
    ASSERT_EQ(parser.parse("PING\r\n", {}, batch), Status::kOk);
    // Many small arguments take more than their bytes.
    std::string many = "*100000\r\n";
    for (int i = 0; i < 90000; ++i) many += "$1\r\nx\r\n";
    ASSERT_EQ(parser.parse(many, {}, batch), Status::kOk);
    EXPECT_GE(charged(), many.size() + 90000u * 16);
  }
  EXPECT_EQ(charged(), 0u);  // its client has left in the middle
}

TEST(RequestParser, RefusesInRedisWords) {
  EXPECT_EQ(error_of("*abc\r\n"), "ERR Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*2147483648\r\n"), "ERR Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*01\r\n"), "ERR Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*1\r\n!3\r\n"), "ERR Protocol error: expected '$', got '!'");
  EXPECT_EQ(error_of("*1\r\n$-1\r\n"), "ERR Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("*1\r\n$536870913\r\n"), "ERR Protocol error: invalid bulk length");
  EXPECT_EQ(error_of("GET \"a\r\n"), "ERR Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of("GET 'a'b\r\n"), "ERR Protocol error: unbalanced quotes in request");
  EXPECT_EQ(error_of(std::string(70000, 'a')), "ERR Protocol error: too big inline request");
  EXPECT_EQ(error_of("*" + std::string(70000, '1')), "ERR Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$" + std::string(70000, '1')), "ERR Protocol error: too big bulk count string");
}

TEST(RequestParser, TrustsStrangersLess) {
  RequestParser::Limits limits{.authenticated = false};
  EXPECT_EQ(error_of("*11\r\n", limits, Status::kUnauthenticated),
            "ERR Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", limits, Status::kUnauthenticated),
            "ERR Protocol error: unauthenticated bulk length");
}

TEST(RequestParser, TrustsAfterTheCommandThatAuthenticates) {
  const std::vector<std::string> login = {"AUTH", "secret"};
  const std::vector<std::string> many(11, "MGET");
  const std::vector<std::string> large = {"SET", "k", std::string(20000, 'x')};
  for (const auto& privileged : {many, large}) {
    RequestParser parser;
    RequestBatch batch;
    Commands commands;
    const std::string text = command_text(login) + command_text(privileged) + command_text({"PING"});
    ASSERT_EQ(parser.parse(text, {.authenticated = false}, batch), Status::kUnauthenticated);
    take(batch, commands);
    EXPECT_EQ(commands, (Commands{login}));
    batch.clear();
    ASSERT_EQ(parser.parse("", {}, batch), Status::kOk);
    take(batch, commands);
    EXPECT_EQ(commands, (Commands{login, privileged, {"PING"}}));
  }
}

TEST(RequestParser, WhatCameBeforeAnErrorIsStillThere) {
  Commands commands;
  std::string text = command_text({"PING"}) + "*x\r\n", error;
  EXPECT_EQ(feed(
                text, [&] { return text.size(); }, commands, &error),
            Status::kProtocol);
  EXPECT_EQ(commands, (Commands{{"PING"}}));
}

TEST(RequestParser, BoundsWhatItKeeps) {
  RequestParser::Limits limits{.max_pending_bytes = 1000};
  Commands commands;
  std::string text = command_text({"SET", "k", std::string(5000, 'x')});
  EXPECT_EQ(feed(
                text, [] { return 100; }, commands, nullptr, limits),
            Status::kTooLarge);
}

TEST(RequestParser, GivesTheBufferOfALargeCommandBackThoughMoreFollows) {
  RequestParser parser;
  RequestBatch batch;
  const std::string large = command_text({"SET", "k", std::string(8 << 20, 'x')});
  const std::string next = command_text({"SET", "k", std::string(600 << 10, 'y')});
  const std::string text = large + next;
  // The piece with the large one's end brings most of the next one, but not its end.
  const std::size_t cut = 4 << 20;
  ASSERT_EQ(parser.parse(std::string_view(text).substr(0, cut), {}, batch), Status::kOk);
  ASSERT_EQ(parser.parse(std::string_view(text).substr(cut, text.size() - cut - 10), {}, batch), Status::kOk);
  ASSERT_EQ(batch.requests.size(), 1u);
  EXPECT_GT(parser.buffer_bytes(), 8u << 20);
  batch.clear();
  ASSERT_EQ(parser.parse(std::string_view(text).substr(text.size() - 10), {}, batch), Status::kOk);
  ASSERT_EQ(batch.requests.size(), 1u);
  EXPECT_LT(parser.buffer_bytes(), 2u << 20);
}

}  // namespace
}  // namespace terrace
