#include "bench/load/workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace terrace::load {
namespace {

std::string name_of(const std::string& format, std::uint64_t keys, std::size_t size, std::uint64_t number) {
  Result<KeyNames> names = KeyNames::create(format, keys, size);
  std::string name;
  if (names) names->append(name, number);
  return name;
}

TEST(KeyNames, AreAsRedisBenchmarkNamesThem) {
  EXPECT_EQ(name_of("key:%012d", 1000, 0, 42), "key:000000000042");
  EXPECT_EQ(name_of("%d", 1000, 0, 7), "007");
  EXPECT_EQ(name_of("a%3dz", 100'000, 0, 99'999), "a99999z");
}

TEST(KeyNames, AreFilledUpAndDifferent) {
  std::set<std::string> names;
  for (std::uint64_t n = 0; n < 1000; ++n) names.insert(name_of("key:%012d", 1000, 60, n));
  EXPECT_EQ(names.size(), 1000u);
  for (const std::string& name : names) EXPECT_EQ(name.size(), 60u);
}

TEST(KeyNames, BadFormatsAreRefused) {
  for (const char* format : {"key", "%s", "%", "%5", "%d%d", "%-5d"}) {
    EXPECT_FALSE(KeyNames::create(format, 10, 0).ok()) << format;
  }
  EXPECT_FALSE(KeyNames::create("key:%012d", 10, 15).ok());
}

TEST(KeyChooser, SequentialGivesEachKeyOnce) {
  simulation::Random random(1);
  KeyChooser chooser(Distribution::kSequential, 5);
  for (std::uint64_t n = 0; n < 10; ++n) EXPECT_EQ(chooser.next(random), n % 5);
}

TEST(KeyChooser, ZipfGivesRankKItsShare) {
  constexpr std::uint64_t kKeys = 10'000;
  constexpr int kDraws = 1'000'000;
  simulation::Random random(1);
  KeyChooser chooser(Distribution::kZipf, kKeys);
  std::vector<int> counts(kKeys);
  for (int i = 0; i < kDraws; ++i) ++counts.at(chooser.next(random));
  std::sort(counts.rbegin(), counts.rend());
  double zeta = 0;
  for (std::uint64_t k = 1; k <= kKeys; ++k) zeta += std::pow(static_cast<double>(k), -0.99);
  const auto share_of_first = [&](int ranks) {
    double wanted = 0;
    double drawn = 0;
    for (int k = 1; k <= ranks; ++k) {
      wanted += std::pow(k, -0.99) / zeta;
      drawn += static_cast<double>(counts[static_cast<std::size_t>(k - 1)]) / kDraws;
    }
    return drawn / wanted;
  };
  // The two first ranks are drawn exactly, the others by an approximation.
  EXPECT_NEAR(share_of_first(1), 1, 0.02);
  EXPECT_NEAR(share_of_first(2), 1, 0.02);
  EXPECT_NEAR(share_of_first(100), 1, 0.03);
  EXPECT_NEAR(share_of_first(1000), 1, 0.03);
}

TEST(KeyChooser, ZipfOfFewKeysStaysWithinThem) {
  for (std::uint64_t keys = 1; keys < 5; ++keys) {
    simulation::Random random(keys);
    KeyChooser chooser(Distribution::kZipf, keys);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(chooser.next(random));
    EXPECT_EQ(seen.size(), keys);
    EXPECT_EQ(*seen.rbegin(), keys - 1);
  }
}

TEST(ValueSource, StanzasOfAFileInTurn) {
  const std::string path = testing::TempDir() + "terrace-load-values";
  std::ofstream(path) << "\na\nb\n\n\nc\n\nlast";
  const Result<ValueSource> values = ValueSource::from_file(path);
  std::remove(path.c_str());
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values->of(0), "a\nb");
  EXPECT_EQ(values->of(1), "c");
  EXPECT_EQ(values->of(2), "last");
  EXPECT_EQ(values->of(3), values->of(0));
  EXPECT_FALSE(ValueSource::from_file("/nowhere/at/all").ok());
}

TEST(ValueSource, OfASizeIsTheSameForTheSameKey) {
  const ValueSource values = ValueSource::of_size(1000);
  for (const std::uint64_t n : {0ull, 1ull, 4'000'000'000ull}) {
    EXPECT_EQ(values.of(n).size(), 1000u);
    EXPECT_EQ(values.of(n), ValueSource::of_size(1000).of(n));
  }
  EXPECT_NE(values.of(0), values.of(1));
}

TEST(Workload, WritesRequests) {
  Result<std::vector<Workload::Part>> parts = Workload::parse_mix("set");
  ASSERT_TRUE(parts.ok());
  Workload workload(*parts, *KeyNames::create("k%02d", 10, 0), ValueSource::of_size(3),
                    KeyChooser(Distribution::kSequential, 10), 1);
  std::string out;
  EXPECT_EQ(workload.append_next(out).key, 0u);
  EXPECT_EQ(workload.append_next(out).key, 1u);
  const std::string first(ValueSource::of_size(3).of(0));
  const std::string second(ValueSource::of_size(3).of(1));
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$3\r\nk00\r\n$3\r\n" + first + "\r\n*3\r\n$3\r\nSET\r\n$3\r\nk01\r\n$3\r\n" +
                     second + "\r\n");
}

TEST(Workload, WritesAValueBehindEachKeyAndCountsTheirBytes) {
  Result<std::vector<Workload::Part>> parts = Workload::parse_mix("mset");
  ASSERT_TRUE(parts.ok());
  Workload workload(*parts, *KeyNames::create("k%02d", 10, 0), ValueSource::of_size(5),
                    KeyChooser(Distribution::kSequential, 10), 1);
  std::string out;
  const Request request = workload.append_next(out);
  EXPECT_EQ(request.written_bytes, 10u * (3 + 5));
  std::string wanted = "*21\r\n$4\r\nMSET\r\n";
  for (std::uint64_t n = 0; n < 10; ++n) {
    wanted += "$3\r\nk0" + std::to_string(n) + "\r\n$5\r\n" + std::string(ValueSource::of_size(5).of(n)) + "\r\n";
  }
  EXPECT_EQ(out, wanted);
}

TEST(Workload, MixesByWeight) {
  Result<std::vector<Workload::Part>> parts = Workload::parse_mix("get:80,incr:20");
  ASSERT_TRUE(parts.ok());
  Workload workload(*parts, *KeyNames::create("%d", 10, 0), ValueSource::of_size(3),
                    KeyChooser(Distribution::kUniform, 10), 1);
  int incrs = 0;
  std::string out;
  for (int i = 0; i < 10'000; ++i) {
    out.clear();
    const Request request = workload.append_next(out);
    incrs += request.command == 1;
    EXPECT_EQ(request.command == 1, out.find("INCR\r\n$9\r\ncounter:") != std::string::npos) << out;
  }
  EXPECT_NEAR(incrs, 2000, 200);
}

TEST(Workload, BadMixesAreRefused) {
  for (const char* mix : {"", "nonsense", "get:", "get:0", "get:x", "get:1x", "get,", "get:1,,set:1"}) {
    EXPECT_FALSE(Workload::parse_mix(mix).ok()) << mix;
  }
}

}  // namespace
}  // namespace terrace::load
