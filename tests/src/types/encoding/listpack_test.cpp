#include "src/types/encoding/listpack.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace terrace::types {
namespace {

std::string empty_listpack() {
  return std::string(Listpack::empty());
}

std::vector<std::string> texts_of(const std::string& bytes) {
  const Listpack listpack(bytes);
  std::vector<std::string> texts;
  for (std::size_t place = listpack.begin(); place != listpack.end(); place = listpack.next(place)) {
    texts.emplace_back(ElementText(listpack.element(place)).view());
  }
  return texts;
}

void expect_is(const std::string& bytes, const std::vector<std::string>& texts) {
  ASSERT_TRUE(Listpack::valid(bytes));
  EXPECT_EQ(Listpack(bytes).count(), texts.size());
  EXPECT_EQ(texts_of(bytes), texts);
}

// Integers and texts at the edges of every encoding.
std::vector<std::string> edges() {
  std::vector<std::string> texts = {"", "-0", "01", "+1", " 1", "1 ", "-", "9223372036854775808"};
  for (unsigned bits : {6u, 7u, 12u, 15u, 23u, 31u, 62u}) {
    for (std::int64_t delta : {-1, 0, 1}) {
      texts.push_back(std::to_string((std::int64_t{1} << bits) + delta));
      texts.push_back(std::to_string(-(std::int64_t{1} << bits) + delta));
    }
  }
  texts.push_back(std::to_string(std::numeric_limits<std::int64_t>::min()));
  texts.push_back(std::to_string(std::numeric_limits<std::int64_t>::max()));
  for (std::size_t size : {1, 62, 63, 64, 65, 125, 126, 127, 128, 4095, 4096, 16379, 16380, 16381, 16384, 70000}) {
    texts.emplace_back(size, 'x');
  }
  return texts;
}

// What redis-server 7.0 has in the payload of DUMP for HSET h a 1 b -5000 c hello.
TEST(Listpack, IsRedisOwnBytes) {
  using namespace std::string_literals;
  std::string bytes = empty_listpack();
  ListpackEditor editor(bytes);
  for (const char* text : {"a", "1", "b", "-5000", "c", "hello"}) editor.append(text);
  EXPECT_EQ(bytes,
            "\x1D\x00\x00\x00\x06\x00"
            "\x81\x61\x02"
            "\x01\x01"
            "\x81\x62\x02"
            "\xF1\x78\xEC\x03"
            "\x81\x63\x02"
            "\x85hello\x06\xFF"s);
}

TEST(Listpack, EveryEncodingReadsBack) {
  std::string bytes = empty_listpack();
  ListpackEditor editor(bytes);
  const std::vector<std::string> texts = edges();
  for (const std::string& text : texts) editor.append(text);
  expect_is(bytes, texts);
  const Listpack listpack(bytes);
  std::size_t place = listpack.end();
  for (std::size_t i = texts.size(); i-- > 0;) {
    place = listpack.previous(place);
    EXPECT_EQ(ElementText(listpack.element(place)).view(), texts[i]);
    EXPECT_EQ(listpack.at(static_cast<std::ptrdiff_t>(i)), place);
    EXPECT_EQ(listpack.at(static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(texts.size())), place);
    EXPECT_EQ(ElementText(listpack.element(listpack.find(texts[i], listpack.begin(), 1))).view(), texts[i]);
  }
  EXPECT_EQ(listpack.previous(place), Listpack::kNowhere);
  EXPECT_EQ(listpack.at(static_cast<std::ptrdiff_t>(texts.size())), Listpack::kNowhere);
  EXPECT_EQ(listpack.find("nowhere", listpack.begin(), 1), Listpack::kNowhere);
}

TEST(Listpack, RandomEditsFollowAModel) {
  std::mt19937 random(7);
  const std::vector<std::string> pool = edges();
  std::string bytes = empty_listpack();
  std::vector<std::string> model;
  ListpackEditor editor(bytes);
  for (int step = 0; step < 3000; ++step) {
    const std::string& text = pool[random() % (pool.size() - (step % 50 ? 6 : 0))];
    const std::size_t index = model.empty() ? 0 : random() % model.size();
    const std::size_t place =
        model.empty() ? editor.view().end() : editor.view().at(static_cast<std::ptrdiff_t>(index));
    const unsigned what = random() % 4;
    if (what == 0 || model.empty()) {
      editor.insert(place, text);
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(index), text);
    } else if (what == 1) {
      editor.append(text);
      model.push_back(text);
    } else if (what == 2) {
      editor.replace(place, text);
      model[index] = text;
    } else {
      const auto count = static_cast<unsigned>(std::min<std::size_t>(model.size() - index, 1 + random() % 3));
      editor.erase(place, count);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(index),
                  model.begin() + static_cast<std::ptrdiff_t>(index + count));
    }
    if (step % 25 == 0) expect_is(bytes, model);
  }
  expect_is(bytes, model);
}

TEST(Listpack, FindLooksAtEveryNth) {
  std::string bytes = empty_listpack();
  ListpackEditor editor(bytes);
  for (const char* text : {"a", "b", "b", "17", "17", "a"}) editor.append(text);
  const Listpack listpack(bytes);
  EXPECT_EQ(listpack.find("b", listpack.begin(), 2), listpack.at(2));
  EXPECT_EQ(listpack.find("17", listpack.begin(), 2), listpack.at(4));
  EXPECT_EQ(listpack.find("a", listpack.next(listpack.begin()), 2), listpack.at(5));
}

TEST(Listpack, DamageIsFound) {
  std::string bytes = empty_listpack();
  ListpackEditor editor(bytes);
  for (const char* text : {"field", "value", "4096", "-1", "123456789012"}) editor.append(text);
  editor.append(std::string(300, 'y'));
  ASSERT_TRUE(Listpack::valid(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(Listpack::valid(bytes.substr(0, size)));
  EXPECT_FALSE(Listpack::valid(bytes + "x"));
  unsigned found = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      // What is still valid can be walked without reading outside of the bytes: the sanitizers check it.
      if (Listpack::valid(damaged)) {
        texts_of(damaged);
      } else {
        ++found;
      }
    }
  }
  EXPECT_GT(found, 100u);
}

}  // namespace
}  // namespace terrace::types
