// What clients keep in memory is charged to the ledger, and given back on every way out.
#include <gtest/gtest.h>

#include "src/execution/command_batch.h"
#include "src/execution/command_table.h"

namespace terrace {
namespace {

using storage::Account;
using storage::LedgerCharge;

TEST(Transaction, ChargesWhatItQueues) {
  storage::Ledger ledger;
  const auto charged = [&ledger] { return ledger.bytes(Account::kTransactionQueues); };
  const Command row{.name = "set", .arity = -3, .flags = 0, .categories = 0, .keys = {}};
  CommandEntry entry;
  entry.row = &row;
  Session session(ledger);
  Transaction& transaction = session.transaction;
  transaction.begin(0);
  EXPECT_EQ(charged(), 0u);
  const std::string raw = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$200000\r\n" + std::string(200000, 'x') + "\r\n";
  const std::string_view arguments[] = {std::string_view(raw).substr(8, 3), std::string_view(raw).substr(17, 1),
                                        std::string_view(raw).substr(29, 200000)};
  transaction.queue(entry, arguments, raw);
  EXPECT_GE(charged(), raw.size());
  EXPECT_EQ(charged(), transaction.memory_bytes());
  for (int i = 0; i < 1000; ++i) transaction.queue(entry, std::span(arguments).first(2), {});
  EXPECT_EQ(charged(), transaction.memory_bytes());
  EXPECT_EQ(transaction.argument_bytes(), 200004u + 1000 * 4);
  transaction.end();
  EXPECT_EQ(charged(), 0u);
  // The next one is charged as the first was.
  transaction.begin(0);
  transaction.queue(entry, arguments, raw);
  EXPECT_GE(charged(), raw.size());
}

TEST(CommandBatch, ChargesWhatItKeepsWhileItWaits) {
  storage::Ledger ledger;
  const auto charged = [&ledger] { return ledger.bytes(Account::kQueryBuffers); };
  CommandBatchPool pool(ledger);
  auto batch = pool.take();
  EXPECT_EQ(ledger.total(), 0u);
  const std::string received = "PING " + std::string(100'000, 'x');
  batch->requests.arguments = {std::string_view(received).substr(0, 4), std::string_view(received).substr(5)};
  batch->requests.requests = {{0, 2, received}};
  batch->own(received);
  EXPECT_EQ(batch->requests.arguments[1], std::string(100'000, 'x'));
  EXPECT_NE(batch->requests.arguments[1].data(), received.data() + 5);
  EXPECT_GE(charged(), received.size());
  batch->unit_charge.resize(5000);
  pool.give_back(std::move(batch));
  EXPECT_EQ(ledger.total(), 0u);  // too large to be kept
  batch = pool.take();
  batch->requests.arguments.reserve(100);
  pool.give_back(std::move(batch));
  EXPECT_GE(charged(), 100 * sizeof(std::string_view));  // kept for the next one
}

TEST(OutputBuffer, ChargesItsMemory) {
  storage::Ledger ledger;
  OutputBuffer output{LedgerCharge(ledger, Account::kReplies)};
  output.bytes().append(1'000'000, 'x');
  output.charge();
  EXPECT_GE(ledger.bytes(Account::kReplies), 1'000'000u);
  std::string taken;
  output.take(1'000'000, taken);
  output.charge();
  EXPECT_LT(ledger.bytes(Account::kReplies), 100u);
}

}  // namespace
}  // namespace terrace
