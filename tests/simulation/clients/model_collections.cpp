// The model's hashes, sets and sorted sets. Scores are whole numbers.
#include <algorithm>

#include "tests/simulation/clients/model_commands.h"

namespace terrace::simulation {

namespace {

using Order = ReplyValue::Order;
using Type = DataValue::Type;

// --- hashes

ReplyValue hset(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kHash);
  if (!value) return wrong_type();
  const std::size_t before = value->hash.size();
  for (std::size_t i = 2; i + 1 < arguments.size(); i += 2) value->hash[arguments[i]] = arguments[i + 1];
  const std::size_t added = value->hash.size() - before;
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(added);
}

ReplyValue hget(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kHash);
  if (!value) return wrong_type();
  const auto field = value->hash.find(arguments[2]);
  return field == value->hash.end() ? ReplyValue::null() : ReplyValue::string(field->second);
}

ReplyValue hdel(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kHash);
  if (!value) return wrong_type();
  std::size_t removed = 0;
  for (std::size_t i = 2; i < arguments.size(); ++i) removed += value->hash.erase(arguments[i]);
  if (removed > 0) put_back(unit, arguments[1], std::move(*value));
  return ReplyValue::number(removed);
}

ReplyValue hincrby(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kHash);
  if (!value) return wrong_type();
  const auto field = value->hash.find(arguments[2]);
  const auto number = field == value->hash.end() ? std::optional<std::int64_t>(0) : to_number(field->second);
  if (!number) return ReplyValue::error("ERR");
  const std::int64_t sum = *number + number_of(arguments, 3);
  value->hash[arguments[2]] = std::to_string(sum);
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(sum);
}

ReplyValue hgetall(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kHash);
  if (!value) return wrong_type();
  std::vector<ReplyValue> elements;
  for (const auto& [field, content] : value->hash) {
    elements.push_back(ReplyValue::string(field));
    elements.push_back(ReplyValue::string(content));
  }
  return ReplyValue::array(std::move(elements), Order::kAnyOfPairs);
}

ReplyValue hlen(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kHash);
  return value ? ReplyValue::number(value->hash.size()) : wrong_type();
}

// --- sets

ReplyValue members(const std::set<std::string>& set) {
  std::vector<ReplyValue> elements;
  elements.reserve(set.size());
  for (const std::string& member : set) elements.push_back(ReplyValue::string(member));
  return ReplyValue::array(std::move(elements), Order::kAny);
}

ReplyValue sadd(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kSet);
  if (!value) return wrong_type();
  std::size_t added = 0;
  for (std::size_t i = 2; i < arguments.size(); ++i) added += value->set.insert(arguments[i]).second;
  if (added > 0) unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(added);
}

ReplyValue srem(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kSet);
  if (!value) return wrong_type();
  std::size_t removed = 0;
  for (std::size_t i = 2; i < arguments.size(); ++i) removed += value->set.erase(arguments[i]);
  if (removed > 0) put_back(unit, arguments[1], std::move(*value));
  return ReplyValue::number(removed);
}

ReplyValue smembers(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kSet);
  return value ? members(value->set) : wrong_type();
}

ReplyValue scard(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kSet);
  return value ? ReplyValue::number(value->set.size()) : wrong_type();
}

ReplyValue sismember(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kSet);
  return value ? ReplyValue::number(value->set.count(arguments[2])) : wrong_type();
}

// The member is the server's choice, but it must be one.
ReplyValue spop(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  auto value = found_or_new(unit, arguments[1], Type::kSet);
  if (!value) return wrong_type();
  if (value->set.empty()) return ReplyValue::null();
  const auto chosen = value->set.find(actual.text);
  if (chosen == value->set.end()) return ReplyValue::string(*value->set.begin());
  value->set.erase(chosen);
  put_back(unit, arguments[1], std::move(*value));
  return actual;
}

ReplyValue smove(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto source = found_or_new(unit, arguments[1], Type::kSet);
  if (source && source->set.empty()) return ReplyValue::number(std::int64_t{0});
  auto target = found_or_new(unit, arguments[2], Type::kSet);
  if (!source || !target) return wrong_type();
  if (arguments[1] == arguments[2]) return ReplyValue::number(source->set.count(arguments[3]));
  if (source->set.erase(arguments[3]) == 0) return ReplyValue::number(std::int64_t{0});
  put_back(unit, arguments[1], std::move(*source));
  if (target->set.insert(arguments[3]).second) unit.put(arguments[2], std::move(*target));
  return ReplyValue::number(std::int64_t{1});
}

ReplyValue sunionstore(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  DataValue all{.type = Type::kSet};
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const auto value = found_or_new(unit, arguments[i], Type::kSet);
    if (!value) return wrong_type();
    all.set.insert(value->set.begin(), value->set.end());
  }
  const std::size_t size = all.set.size();
  if (size > 0) {
    unit.put(arguments[1], std::move(all));
  } else if (unit.find(arguments[1]) != nullptr) {
    unit.remove(arguments[1]);
  }
  return ReplyValue::number(size);
}

ReplyValue sinter(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  std::optional<std::set<std::string>> common;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const auto value = found_or_new(unit, arguments[i], Type::kSet);
    if (!value) return wrong_type();
    if (!common) common = value->set;
    std::erase_if(*common, [&](const std::string& member) { return !value->set.contains(member); });
  }
  return members(*common);
}

// --- sorted sets

ReplyValue zadd(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  if (!value) return wrong_type();
  const std::size_t before = value->sorted_set.size();
  bool changed = false;
  for (std::size_t i = 2; i + 1 < arguments.size(); i += 2) {
    const std::int64_t score = number_of(arguments, i);
    const auto [member, added] = value->sorted_set.try_emplace(arguments[i + 1], score);
    changed |= added || member->second != score;
    member->second = score;
  }
  const std::size_t added = value->sorted_set.size() - before;
  if (changed) unit.put(arguments[1], std::move(*value));
  return ReplyValue::number(added);
}

ReplyValue zincrby(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  if (!value) return wrong_type();
  const std::int64_t score = value->sorted_set[arguments[3]] += number_of(arguments, 2);
  unit.put(arguments[1], std::move(*value));
  return ReplyValue::string(std::to_string(score));
}

ReplyValue zrem(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  if (!value) return wrong_type();
  std::size_t removed = 0;
  for (std::size_t i = 2; i < arguments.size(); ++i) removed += value->sorted_set.erase(arguments[i]);
  if (removed > 0) put_back(unit, arguments[1], std::move(*value));
  return ReplyValue::number(removed);
}

ReplyValue zscore(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  if (!value) return wrong_type();
  const auto member = value->sorted_set.find(arguments[2]);
  if (member == value->sorted_set.end()) return ReplyValue::null();
  return ReplyValue::string(std::to_string(member->second));
}

ReplyValue zcard(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  return value ? ReplyValue::number(value->sorted_set.size()) : wrong_type();
}

using Scored = std::pair<std::int64_t, std::string>;

std::vector<Scored> in_order(const DataValue& value) {
  std::vector<Scored> all;
  for (const auto& [member, score] : value.sorted_set) all.emplace_back(score, member);
  std::sort(all.begin(), all.end());
  return all;
}

// ZRANGE key from to WITHSCORES.
ReplyValue zrange(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  const auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  if (!value) return wrong_type();
  const std::vector<Scored> all = in_order(*value);
  const IndexRange range = index_range(number_of(arguments, 2), number_of(arguments, 3), all.size());
  std::vector<ReplyValue> elements;
  for (std::size_t i = range.first; i < range.last; ++i) {
    elements.push_back(ReplyValue::string(all[i].second));
    elements.push_back(ReplyValue::string(std::to_string(all[i].first)));
  }
  return ReplyValue::array(std::move(elements));
}

Scored take_least(ModelUnit& unit, const std::string& name, DataValue value) {
  Scored least = in_order(value).front();
  value.sorted_set.erase(least.second);
  put_back(unit, name, std::move(value));
  return least;
}

ReplyValue zpopmin(ModelUnit& unit, const Arguments& arguments, const ReplyValue&) {
  auto value = found_or_new(unit, arguments[1], Type::kSortedSet);
  if (!value) return wrong_type();
  if (value->sorted_set.empty()) return ReplyValue::array({});
  const Scored least = take_least(unit, arguments[1], std::move(*value));
  return ReplyValue::array({ReplyValue::string(least.second), ReplyValue::string(std::to_string(least.first))});
}

// As BLPOP: the key that a client was served by is the server's choice.
ReplyValue bzpopmin(ModelUnit& unit, const Arguments& arguments, const ReplyValue& actual) {
  for (std::size_t i = 1; i + 1 < arguments.size(); ++i) {
    const DataPointer found = unit.find(arguments[i]);
    const bool served = actual.kind == ReplyValue::Kind::kArray;
    if (found == nullptr || (served && actual.element_text(0) != arguments[i])) continue;
    if (found->type != Type::kSortedSet) return wrong_type();
    const Scored least = take_least(unit, arguments[i], *found);
    return ReplyValue::array({ReplyValue::string(arguments[i]), ReplyValue::string(least.second),
                              ReplyValue::string(std::to_string(least.first))});
  }
  return ReplyValue::null();
}

constexpr NamedModelCommand kCommands[] = {
    {"bzpopmin", bzpopmin}, {"hdel", hdel},     {"hget", hget},           {"hgetall", hgetall},
    {"hincrby", hincrby},   {"hlen", hlen},     {"hset", hset},           {"sadd", sadd},
    {"scard", scard},       {"sinter", sinter}, {"sismember", sismember}, {"smembers", smembers},
    {"smove", smove},       {"spop", spop},     {"srem", srem},           {"sunionstore", sunionstore},
    {"zadd", zadd},         {"zcard", zcard},   {"zincrby", zincrby},     {"zpopmin", zpopmin},
    {"zrange", zrange},     {"zrem", zrem},     {"zscore", zscore},
};

}  // namespace

std::span<const NamedModelCommand> model_collection_commands() {
  return kCommands;
}

}  // namespace terrace::simulation
