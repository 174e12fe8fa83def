// PatternIndex: finds the patterns that match a channel. Patterns lie under the bytes before their first special
// character: a channel is looked up once for each length of such a prefix, and matched with the patterns found there.
//
// Time: O(lengths of prefixes up to the channel's length + patterns whose prefix the channel has). A hundred thousand
// patterns `user:1:*`, `user:2:*`, ... cost a few look-ups; as many patterns that begin with a star are all matched.
// Ownership: owned by PubSub; borrows the topics. Thread: the reactor's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/pubsub/topic.h"
#include "src/text/pattern.h"

namespace terrace {

class PatternIndex {
 public:
  void add(Topic& pattern);
  void remove(Topic& pattern);
  // Appends the patterns that match.
  void match(std::string_view channel, std::vector<Topic*>& matching) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Patterns = std::unordered_map<Topic*, types::Pattern>;

  std::unordered_map<std::string, Patterns, Hash, std::equal_to<>> by_prefix_;
  std::map<std::size_t, std::size_t> lengths_;  // of prefixes; how many prefixes have this length
};

}  // namespace terrace
