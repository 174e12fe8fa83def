#include "src/execution/output_buffer.h"

#include <gtest/gtest.h>

#include <random>

namespace terrace {
namespace {

void add(OutputBuffer& buffer, const std::string& reply, std::uint64_t position = 0, std::uint64_t turn = 1) {
  std::size_t start = buffer.size();
  buffer.bytes() += reply;
  if (position > 0) buffer.gate(start, position, turn);
}

std::string release(OutputBuffer& buffer, std::uint64_t released) {
  std::string out;
  buffer.take(buffer.releasable(released), out);
  return out;
}

TEST(OutputBuffer, UngatedBytesLeaveAtOnce) {
  OutputBuffer buffer;
  add(buffer, "abc");
  EXPECT_FALSE(buffer.gated());
  EXPECT_EQ(release(buffer, 0), "abc");
  EXPECT_EQ(buffer.size(), 0u);
}

TEST(OutputBuffer, GatedBytesWaitForTheirPosition) {
  OutputBuffer buffer;
  add(buffer, "a");
  add(buffer, "b", 100);
  EXPECT_EQ(release(buffer, 99), "a");
  EXPECT_TRUE(buffer.gated());
  EXPECT_EQ(release(buffer, 99), "");
  EXPECT_EQ(release(buffer, 100), "b");
  EXPECT_FALSE(buffer.gated());
}

TEST(OutputBuffer, LaterBytesWaitForEarlierOnes) {
  OutputBuffer buffer;
  add(buffer, "a", 100, 1);
  add(buffer, "b");         // depends on nothing, but comes behind
  add(buffer, "c", 50, 2);  // depends on less
  EXPECT_EQ(release(buffer, 99), "");
  EXPECT_EQ(release(buffer, 100), "abc");
}

TEST(OutputBuffer, EachTurnIsLetGoByItself) {
  OutputBuffer buffer;
  add(buffer, "a", 100, 1);
  add(buffer, "b", 150, 1);
  add(buffer, "c", 200, 2);
  EXPECT_EQ(release(buffer, 100), "");  // one turn commits as one
  EXPECT_EQ(release(buffer, 150), "ab");
  EXPECT_EQ(release(buffer, 199), "");
  EXPECT_EQ(release(buffer, 200), "c");
}

// Against a plain model: a reply leaves only when the position of it and of all before it is reached.
TEST(OutputBuffer, NeverLetsGoTooEarly) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    OutputBuffer buffer;
    std::string expected_order, sent;
    std::vector<std::uint64_t> needs;  // of each byte, in order
    std::uint64_t position = 1, released = 0, turn = 0;
    for (int step = 0; step < 200; ++step) {
      if (random() % 4 == 0) ++turn;
      if (random() % 3 != 0) {
        std::string reply(1 + random() % 5, static_cast<char>('a' + random() % 26));
        std::uint64_t need = random() % 2 ? position += random() % 10 : 0;
        std::uint64_t before = needs.empty() ? 0 : needs.back();
        add(buffer, reply, need > released ? need : 0, turn);
        needs.insert(needs.end(), reply.size(), std::max(before, need));
        expected_order += reply;
      } else {
        released = std::min(position, released + random() % 20);
        sent += release(buffer, released);
      }
      ASSERT_TRUE(sent.empty() || needs[sent.size() - 1] <= released);
    }
    sent += release(buffer, position);
    ASSERT_EQ(sent, expected_order);
  }
}

}  // namespace
}  // namespace terrace
