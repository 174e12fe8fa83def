#include "src/pubsub/pattern_index.h"

namespace terrace {
namespace {

std::string_view literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*?[\\"));
}

}  // namespace

void PatternIndex::add(Topic& pattern) {
  const std::string_view prefix = literal_prefix(pattern.name);
  auto found = by_prefix_.find(prefix);
  if (found == by_prefix_.end()) {
    found = by_prefix_.emplace(prefix, Patterns()).first;
    ++lengths_[prefix.size()];
  }
  found->second.emplace(&pattern, types::Pattern(pattern.name));
}

void PatternIndex::remove(Topic& pattern) {
  const std::string_view prefix = literal_prefix(pattern.name);
  const auto found = by_prefix_.find(prefix);
  found->second.erase(&pattern);
  if (!found->second.empty()) return;
  by_prefix_.erase(found);
  const auto length = lengths_.find(prefix.size());
  if (--length->second == 0) lengths_.erase(length);
}

void PatternIndex::match(std::string_view channel, std::vector<Topic*>& matching) const {
  for (const auto& [length, prefixes] : lengths_) {
    if (length > channel.size()) return;
    const auto found = by_prefix_.find(channel.substr(0, length));
    if (found == by_prefix_.end()) continue;
    for (const auto& [topic, pattern] : found->second) {
      if (pattern.matches(channel)) matching.push_back(topic);
    }
  }
}

}  // namespace terrace
