// Access of the sorted set commands to sorted sets, and their replies of members with scores.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/commands/shared/collection_access.h"
#include "src/commands/shared/put_value.h"
#include "src/types/zset/sorted_set.h"

namespace terrace {

inline types::SortedSet changed_sorted_set(Context& context, std::string_view key, storage::Record* record) {
  record = changed_or_new(context, key, record, storage::ValueType::kSortedSet);
  return {context.database(), record, collection_limits(context)};
}

// Removes these members, and the key with the last one, and tells of it as this event. Returns how many were removed.
template <typename Members>
std::int64_t erase_scored_members(Context& context, storage::Record* record, const Members& members,
                                  std::string_view event) {
  std::int64_t removed = 0;
  for (const std::string_view member : members) {
    if (!types::SortedSetView(*record).score(member)) continue;
    if (removed++ == 0) {
      context.notify(kEventSortedSet, event, record->key());
      context.change(record);
    }
    types::SortedSet set(context.database(), record, collection_limits(context));
    set.erase(member);
    record = set.record();
    if (!set.empty()) continue;
    context.notify(kEventGeneric, "del", record->key());
    context.remove(record);
    break;
  }
  return removed;
}

// Removes all members of a sorted set.
inline void remove_sorted_set(Context& context, storage::Record* record, std::string_view event) {
  context.notify(kEventSortedSet, event, record->key());
  context.notify(kEventGeneric, "del", record->key());
  context.remove(record);
}

// Stores the result under a key, or removes the key if the result is empty. Replies the number of members.
inline void store_members(Context& context, std::string_view key, types::SortedSetBuilder& result,
                          std::string_view event) {
  const std::size_t size = result.members().size();
  if (size > 0) {
    put_value(context, key, context.database_number(), result.take(collection_limits(context)));
    context.notify(kEventSortedSet, event, key);
  } else if (storage::Record* record = context.write(key)) {
    context.remove(record);
    context.notify(kEventGeneric, "del", key);
  }
  context.reply.integer(static_cast<std::int64_t>(size));
}

// An array of members, with scores if `with_scores`: in RESP2 members and scores by turns, in RESP3 pairs.
class MembersReply {
 public:
  MembersReply(Reply& reply, std::size_t count, bool with_scores) : reply_(reply), with_scores_(with_scores) {
    reply.array(with_scores && !nested() ? 2 * count : count);
  }
  void add(const types::ScoredMember& element) {
    if (with_scores_ && nested()) reply_.array(2);
    reply_.bulk(element.member);
    if (with_scores_) reply_.real(element.score);
  }

 private:
  bool nested() const { return reply_.protocol() == 3; }

  Reply& reply_;
  bool with_scores_;
};

// Reads a score. The error is "ERR value is not a valid float", unless another one is given.
inline std::optional<double> score_argument(Context& context, std::string_view argument,
                                            std::string_view error = "ERR value is not a valid float") {
  const auto score = types::parse_score(argument);
  if (!score) context.reply.error(error);
  return score;
}

}  // namespace terrace
