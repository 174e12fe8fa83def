#include "src/execution/key_events.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace terrace {
namespace {

using storage::ValueType;

class Recorder final : public KeyObserver {
 public:
  void at_key_change(const KeyChange& change) override {
    seen.push_back(std::string(change.event == KeyEvent::kRemoved ? "removed " : "") + std::to_string(change.database) +
                   " " + std::string(change.name));
  }
  std::vector<std::string> seen;
};

using Seen = std::vector<std::string>;

TEST(KeyEvents, TellEveryObserver) {
  KeyEvents events;
  Recorder first, second;
  events.add(first);
  events.add(second);
  events.tell({KeyEvent::kRemoved, ValueType::kList, 2, "key"});
  EXPECT_EQ(first.seen, (Seen{"removed 2 key"}));
  EXPECT_EQ(second.seen, first.seen);
}

TEST(KeyEvents, AreWantedWhileAnObserverWaitsForSomething) {
  KeyEvents events;
  EXPECT_FALSE(events.wanted());
  events.begin_interest();
  events.begin_interest();
  events.end_interest();
  EXPECT_TRUE(events.wanted());
  events.end_interest();
  EXPECT_FALSE(events.wanted());
}

}  // namespace
}  // namespace terrace
