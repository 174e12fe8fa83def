#include "src/resp/reply.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <vector>

#include "src/text/real_text.h"

namespace terrace {
namespace {

template <typename Write>
std::string written(int protocol, Write write) {
  std::string out;
  Reply reply(out, protocol);
  write(reply);
  return out;
}

// What both protocols make of one call.
template <typename Write>
void expect_both(Write write, const std::string& two, const std::string& three) {
  EXPECT_EQ(written(2, write), two);
  EXPECT_EQ(written(3, write), three);
}

TEST(Reply, SameInBothProtocols) {
  expect_both([](Reply& r) { r.ok(); }, "+OK\r\n", "+OK\r\n");
  expect_both([](Reply& r) { r.integer(-7); }, ":-7\r\n", ":-7\r\n");
  expect_both([](Reply& r) { r.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n");
  expect_both([](Reply& r) { r.bulk_integer(std::numeric_limits<std::int64_t>::min()); },
              "$20\r\n-9223372036854775808\r\n", "$20\r\n-9223372036854775808\r\n");
  expect_both([](Reply& r) { r.array(3); }, "*3\r\n", "*3\r\n");
}

TEST(Reply, EachProtocolsOwn) {
  expect_both([](Reply& r) { r.null(); }, "$-1\r\n", "_\r\n");
  expect_both([](Reply& r) { r.null_array(); }, "*-1\r\n", "_\r\n");
  expect_both([](Reply& r) { r.map(2); }, "*4\r\n", "%2\r\n");
  expect_both([](Reply& r) { r.set(2); }, "*2\r\n", "~2\r\n");
  expect_both([](Reply& r) { r.real(0.1); }, "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n");
  expect_both([](Reply& r) { r.real("13.36138933897018433"); }, "$20\r\n13.36138933897018433\r\n",
              ",13.36138933897018433\r\n");
  expect_both([](Reply& r) { r.real(-std::numeric_limits<double>::infinity()); }, "$4\r\n-inf\r\n", ",-inf\r\n");
  expect_both([](Reply& r) { r.verbatim("ab"); }, "$2\r\nab\r\n", "=6\r\ntxt:ab\r\n");
}

TEST(Reply, ErrorsStayOnOneLine) {
  EXPECT_EQ(written(2, [](Reply& r) { r.error("ERR a\r\nb"); }), "-ERR a  b\r\n");
}

TEST(Reply, BulksAroundTheSmallSize) {
  for (std::size_t size : {0u, 1u, 9u, 10u, 191u, 192u, 193u, 5000u}) {
    std::string bytes(size, 'x');
    EXPECT_EQ(written(2, [&](Reply& r) { r.bulk(bytes); }), "$" + std::to_string(size) + "\r\n" + bytes + "\r\n");
  }
}

TEST(Reply, RewindTakesBackOnlyItsOwn) {
  std::string out = "+before\r\n";
  Reply reply(out, 2);
  reply.error("ERR x");
  EXPECT_TRUE(reply.is_error());
  EXPECT_EQ(reply.size(), 8u);
  reply.rewind();
  EXPECT_EQ(out, "+before\r\n");
}

TEST(Reply, BeyondItsBoundItIsDroppedAndCounted) {
  const auto write = [](Reply& reply) {
    reply.array(3);
    for (const std::size_t size : {10, 500, 20}) reply.bulk(std::string(size, 'x'));
    reply.null();
    reply.integer(-12345);
    ReplyPart part(reply);
    part.reply().bulk(std::string(300, 'y'));
    part.append_to_whole();
  };
  const std::string whole = written(2, write);
  for (std::size_t bound = 0; bound < whole.size() + 100; ++bound) {
    std::string out = "before";
    Reply reply(out, 2, {.now = bound, .most = bound + 100});
    write(reply);
    if (!reply.dropped()) {
      EXPECT_LE(whole.size(), bound);
      EXPECT_EQ(out, "before" + whole);
    }
    EXPECT_EQ(reply.size(), whole.size()) << "with the bound " << bound;
    EXPECT_EQ(reply.hopeless(), reply.dropped() && whole.size() > bound + 100);
    reply.rewind();
    EXPECT_EQ(out, "before");
    reply.error("OOM");
    EXPECT_EQ(out, "before-OOM\r\n");
  }
  std::string out;
  Reply enough(out, 2, {.now = whole.size() + 64, .most = whole.size() + 64});
  write(enough);
  EXPECT_FALSE(enough.dropped());
}

}  // namespace
// The fast ways must write what Redis' printf does, digit for digit.
TEST(RealText, IsAsPrintfWritesIt) {
  std::mt19937_64 random(1);
  std::vector<double> numbers = {
      0.0, -0.0, 1e16, 1e17, 1e17 - 16, -1e17, 0x1p62, 5e-324, 1e-5, 0.0001, 1.7976931348623157e308};
  for (int i = 0; i < 100'000; ++i) {
    const double any = std::bit_cast<double>(random());
    if (!std::isnan(any)) numbers.push_back(any);
    numbers.push_back(static_cast<double>(static_cast<std::int64_t>(random()) >> (random() % 64)));
    numbers.push_back(static_cast<double>(random() % 1'000'000) / 1000);
  }
  for (const double number : numbers) {
    char printed[64];
    std::snprintf(printed, sizeof printed, "%.17g", number);
    ASSERT_EQ(RealText(number).view(), printed);
  }
}

}  // namespace terrace
