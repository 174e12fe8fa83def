#include "src/resp/unit_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "src/resp/request_parser.h"

namespace terrace {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string command(std::initializer_list<std::string_view> parts) {
  std::string text = "*" + std::to_string(parts.size()) + "\r\n";
  for (const std::string_view part : parts) {
    text += "$" + std::to_string(part.size()) + "\r\n";
    text += part;
    text += "\r\n";
  }
  return text;
}

// Feeds `text` in pieces of the sizes that `next_size` gives; where units end as far as scan() says.
template <typename NextSize>
std::vector<std::size_t> ends_of(std::string_view text, NextSize next_size) {
  RespUnitScanner scanner;
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view piece = text.substr(at, next_size());
    const Result<std::uint64_t> ended = scanner.scan(bytes_of(piece));
    EXPECT_TRUE(ended.ok()) << ended.error().message;
    EXPECT_LE(*ended, piece.size());
    if (*ended > 0) ends.push_back(at + *ended);
    at += piece.size();
  }
  return ends;
}

std::vector<std::size_t> all_ends(std::string_view text) {
  return ends_of(text, [] { return std::size_t{1}; });
}

bool refused(std::string_view text) {
  RespUnitScanner scanner;
  return !scanner.scan(bytes_of(text)).ok();
}

TEST(RespUnitScanner, ACommandIsAUnitAndSoIsATransaction) {
  const std::string set = command({"SET", "key", std::string(300, 'v')});
  const std::string transaction =
      command({"MULTI"}) + set + command({"DEL", "EXEC"}) + command({"RPUSH", "MULTI", ""}) + command({"EXEC"});
  const std::string text = set + transaction + command({"MULTIX", "a"}) + command({"EXE"}) + set;
  const std::vector<std::size_t> expected = {
      set.size(),
      set.size() + transaction.size(),
      set.size() + transaction.size() + command({"MULTIX", "a"}).size(),
      text.size() - set.size(),
      text.size(),
  };
  EXPECT_EQ(all_ends(text), expected);
  EXPECT_EQ(ends_of(text, [&] { return text.size(); }), std::vector<std::size_t>{text.size()});
}

TEST(RespUnitScanner, TheLastEndBeforeAnyCutIsToldWhateverThePieces) {
  std::string text;
  for (unsigned i = 0; i < 50; ++i) {
    const bool transaction = i % 3 == 0;
    if (transaction) text += command({"MULTI"});
    for (unsigned j = 0; j <= i % 4; ++j)
      text += command({"APPEND", "k" + std::to_string(j), std::string(i * 7, '\r')});
    if (transaction) text += command({"EXEC"});
  }
  const std::vector<std::size_t> ends = all_ends(text);
  std::mt19937_64 random(1);
  for (unsigned round = 0; round < 200; ++round) {
    RespUnitScanner scanner;
    std::size_t last = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::string_view piece = std::string_view(text).substr(at, 1 + random() % (1 + round * 5));
      const Result<std::uint64_t> ended = scanner.scan(bytes_of(piece));
      ASSERT_TRUE(ended.ok());
      if (*ended > 0) last = at + *ended;
      at += piece.size();
      const auto behind = std::upper_bound(ends.begin(), ends.end(), at);
      ASSERT_EQ(last, behind == ends.begin() ? 0 : *std::prev(behind)) << "behind " << at;
    }
  }
}

// What a client sent goes to the log as it came.
TEST(RespUnitScanner, TakesWhatTheParserTakes) {
  for (const std::string_view odd : {"*0\r\n", "*-1\r\n", "*1\rX$4\rYPING??", "*2\r\n$3\r\nDEL\r\n$0\r\n\r\n"}) {
    const std::string text = std::string(odd) + command({"PING"});
    RequestParser parser;
    RequestBatch batch;
    ASSERT_EQ(parser.parse(text, {}, batch), RequestParser::Status::kOk);
    ASSERT_EQ(parser.pending_bytes(), 0u);
    EXPECT_EQ(all_ends(text), (std::vector<std::size_t>{odd.size(), text.size()})) << odd;
  }
}

TEST(RespUnitScanner, RefusesWhatIsNoCommand) {
  for (const std::string_view text :
       {"SET a b\r\n", "*a\r\n", "*01\r\n", "*1\r\n:3\r\n", "*1\r\n$-1\r\n", "*\r\n", "*2147483648\r\n", "\r\n",
        "*99999999999999999999999999", "*1\r\n$3\r\nDEL\r\nDEL\r\n"}) {
    EXPECT_TRUE(refused(text)) << text;
  }
  EXPECT_TRUE(refused(command({"EXEC"})));
  EXPECT_TRUE(refused(command({"MULTI"}) + command({"MULTI"})));
  EXPECT_FALSE(refused(command({"MULTI"}) + command({"EXEC"}) + command({"MULTI"})));
}

TEST(RespUnitScanner, CountsBeyondFourGibibytes) {
  constexpr std::uint64_t kSize = (std::uint64_t{5} << 30) + 3;
  const std::string head = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + std::to_string(kSize) + "\r\n";
  const std::vector<std::byte> mebibyte(1 << 20);
  RespUnitScanner scanner;
  ASSERT_EQ(*scanner.scan(bytes_of(head)), 0u);
  for (std::uint64_t left = kSize; left > 0;) {
    const std::uint64_t size = std::min<std::uint64_t>(left, mebibyte.size());
    ASSERT_EQ(*scanner.scan(std::span(mebibyte).first(size)), 0u);
    left -= size;
  }
  EXPECT_EQ(*scanner.scan(bytes_of("\r\n" + command({"PING"}))), 2 + command({"PING"}).size());
}

}  // namespace
}  // namespace terrace
