#include "src/execution/transaction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "src/execution/command_table.h"
#include "src/resp/request.h"

namespace terrace {
namespace {

constexpr Command kSet{.name = "set", .arity = 3, .flags = kWrite, .categories = 0, .keys = {}};
constexpr Command kGet{.name = "get", .arity = 2, .flags = kReadonly | kFast, .categories = 0, .keys = {}};

class TransactionTest : public ::testing::Test {
 protected:
  // Queues a command whose bytes are gone afterwards. `as_resp`: it came in RESP.
  void queue(CommandEntry& entry, std::vector<std::string> words, bool as_resp) {
    std::string resp;
    std::vector<std::size_t> places;
    for (const std::string& word : words) {
      places.push_back(resp.size());
      resp += word + "\r\n";
    }
    std::vector<std::string_view> arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
      arguments.push_back(std::string_view(resp).substr(places[i], words[i].size()));
    }
    transaction_.queue(entry, arguments, as_resp ? std::string_view(resp) : std::string_view());
    std::fill(resp.begin(), resp.end(), '#');
  }
  std::vector<std::string> arguments(std::size_t call) const {
    const auto views = transaction_.arguments_of(transaction_.calls()[call]);
    return {views.begin(), views.end()};
  }

  CommandEntry set_{.row = &kSet, .container = nullptr, .subcommands = {}, .parts = {}, .client_name = {}};
  CommandEntry get_{.row = &kGet, .container = nullptr, .subcommands = {}, .parts = {}, .client_name = {}};
  Transaction transaction_;
};

using Words = std::vector<std::string>;

TEST_F(TransactionTest, KeepsWhatIsQueuedInOrder) {
  EXPECT_FALSE(transaction_.open());
  transaction_.begin(0);
  EXPECT_TRUE(transaction_.open());
  queue(set_, {"SET", "a", "1"}, true);
  queue(get_, {"GET", "a"}, false);
  ASSERT_EQ(transaction_.calls().size(), 2u);
  EXPECT_EQ(transaction_.calls()[0].entry, &set_);
  EXPECT_EQ(arguments(0), (Words{"SET", "a", "1"}));
  EXPECT_EQ(transaction_.calls()[0].raw, "SET\r\na\r\n1\r\n");
  EXPECT_EQ(transaction_.calls()[1].entry, &get_);
  EXPECT_EQ(arguments(1), (Words{"GET", "a"}));
  EXPECT_EQ(transaction_.calls()[1].raw, "");
}

TEST_F(TransactionTest, ArgumentsStayWhereTheyAre) {
  transaction_.begin(0);
  queue(set_, {"SET", "first", ""}, true);
  const std::string_view first = transaction_.arguments_of(transaction_.calls()[0])[1];
  for (int i = 0; i < 5000; ++i) {
    // Sizes on both sides of what has a block of memory for itself.
    queue(set_, {"SET", "key" + std::to_string(i), std::string(static_cast<std::size_t>(i) * 7 % 20000, 'x')},
          i % 2 == 0);
  }
  EXPECT_EQ(transaction_.arguments_of(transaction_.calls()[0])[1].data(), first.data());
  EXPECT_EQ(arguments(0), (Words{"SET", "first", ""}));
  for (std::size_t i = 0; i < 5000; i += 77) {
    EXPECT_EQ(arguments(i + 1), (Words{"SET", "key" + std::to_string(i), std::string(i * 7 % 20000, 'x')}));
  }
}

TEST_F(TransactionTest, CountsItsBytes) {
  transaction_.begin(0);
  EXPECT_EQ(transaction_.argument_bytes(), 0u);
  EXPECT_EQ(transaction_.memory_bytes(), 0u);
  queue(set_, {"SET", "a", "12345"}, false);
  EXPECT_EQ(transaction_.argument_bytes(), 9u);
  const std::size_t small = transaction_.memory_bytes();
  EXPECT_GT(small, 9u);
  queue(set_, {"SET", "b", std::string(1 << 20, 'x')}, true);
  EXPECT_EQ(transaction_.argument_bytes(), 9u + 4u + (1u << 20));
  EXPECT_GT(transaction_.memory_bytes(), small + (1u << 20));
  EXPECT_LT(transaction_.memory_bytes(), small + (1u << 20) + 4096);
  transaction_.end();
  EXPECT_EQ(transaction_.argument_bytes(), 0u);
  EXPECT_EQ(transaction_.memory_bytes(), 0u);
}

TEST_F(TransactionTest, HasTheFlagsOfAllItsCommands) {
  transaction_.begin(0);
  EXPECT_EQ(transaction_.flags(), 0u);
  queue(get_, {"GET", "a"}, true);
  EXPECT_EQ(transaction_.flags(), std::uint32_t{kReadonly | kFast});
  queue(set_, {"SET", "a", "1"}, true);
  EXPECT_EQ(transaction_.flags(), std::uint32_t{kReadonly | kFast | kWrite});
}

TEST_F(TransactionTest, KnowsItsKeysInTheDatabasesThatSelectsLeadTo) {
  Command select_row{.name = "select", .arity = 2, .flags = 0, .categories = 0, .keys = {}};
  select_row.selects = [](std::span<const std::string_view> arguments) {
    return arguments[1] == "7" ? std::optional<unsigned>(7) : std::nullopt;
  };
  CommandEntry select{.row = &select_row, .container = nullptr, .subcommands = {}, .parts = {}, .client_name = {}};
  get_.one_key = set_.one_key = true;
  transaction_.begin(3);
  queue(get_, {"GET", "a"}, true);
  queue(select, {"SELECT", "7"}, true);
  queue(set_, {"SET", "b", "1"}, false);
  queue(select, {"SELECT", "none"}, true);
  queue(get_, {"GET", "c"}, false);
  const std::vector<PlannedKey> keys = transaction_.take_keys();
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].key.name, "a");
  EXPECT_EQ(keys[0].database, 3u);
  EXPECT_TRUE(keys[0].only_read);
  EXPECT_EQ(keys[1].key.name, "b");
  EXPECT_EQ(keys[1].database, 7u);
  EXPECT_FALSE(keys[1].only_read);
  EXPECT_EQ(keys[2].key.name, "c");
  EXPECT_EQ(keys[2].database, 7u);
}

TEST_F(TransactionTest, EndsWithAllThatWasQueued) {
  transaction_.begin(0);
  transaction_.refuse();
  queue(set_, {"SET", "a", "1"}, true);
  EXPECT_TRUE(transaction_.refused());
  transaction_.end();
  EXPECT_FALSE(transaction_.open() || transaction_.refused());
  EXPECT_TRUE(transaction_.calls().empty());
  EXPECT_EQ(transaction_.flags(), 0u);
  transaction_.begin(0);
  queue(get_, {"GET", "b"}, true);
  EXPECT_EQ(arguments(0), (Words{"GET", "b"}));
}

}  // namespace
}  // namespace terrace
