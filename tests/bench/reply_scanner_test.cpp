#include "bench/load/reply_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace terrace::load {
namespace {

using Outcome = ReplyScanner::Outcome;

struct Seen {
  char kind;
  bool is_null;
  std::string text;
  bool operator==(const Seen&) const = default;
};

void scan(ReplyScanner& scanner, std::string_view bytes, std::vector<Seen>& seen) {
  scanner.feed(bytes);
  Reply reply;
  Outcome outcome = scanner.next(reply);
  for (; outcome == Outcome::kReply; outcome = scanner.next(reply)) {
    seen.push_back({reply.kind, reply.is_null, std::string(reply.text)});
  }
  ASSERT_EQ(outcome, Outcome::kIncomplete);
}

const std::string kStream =
    "+OK\r\n$5\r\nhe\r\no\r\n$-1\r\n:42\r\n-ERR "
    "no\r\n*3\r\n$1\r\na\r\n*1\r\n:1\r\n$-1\r\n*0\r\n*-1\r\n$0\r\n\r\n_\r\n%1\r\n+k\r\n+v\r\n";
const std::vector<Seen> kReplies = {{'+', false, "OK"},
                                    {'$', false, "he\r\no"},
                                    {'$', true, "-1"},
                                    {':', false, "42"},
                                    {'-', false, "ERR no"},
                                    {'*', false, "*3\r\n$1\r\na\r\n*1\r\n:1\r\n$-1\r\n"},
                                    {'*', false, "*0\r\n"},
                                    {'*', true, "*-1\r\n"},
                                    {'$', false, ""},
                                    {'_', true, ""},
                                    {'%', false, "%1\r\n+k\r\n+v\r\n"}};

TEST(ReplyScanner, FindsEveryReplyWhereverTheBytesAreCut) {
  for (std::size_t step = 1; step <= kStream.size(); ++step) {
    ReplyScanner scanner;
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < kStream.size(); at += step) {
      // A copy of its own, so that a view kept too long is found by the sanitizer.
      const std::string piece = kStream.substr(at, step);
      scan(scanner, piece, seen);
    }
    EXPECT_EQ(seen, kReplies) << "in pieces of " << step;
  }
}

TEST(ReplyScanner, NonsenseIsBroken) {
  for (const char* bytes : {"hello\r\n", "$x\r\n", "\r\n", "*1\r\nx\r\n"}) {
    ReplyScanner scanner;
    Reply reply;
    scanner.feed(bytes);
    EXPECT_EQ(scanner.next(reply), Outcome::kBroken) << bytes;
  }
}

}  // namespace
}  // namespace terrace::load
