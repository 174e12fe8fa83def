#include "tests/simulation/clients/survey.h"

#include <map>

#include "src/text/integer.h"
#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

Arguments content_request(const std::string& type, const std::string& name) {
  static const std::map<std::string, Arguments> requests = {{"string", {"get"}},
                                                            {"list", {"lrange", "0", "-1"}},
                                                            {"hash", {"hgetall"}},
                                                            {"set", {"smembers"}},
                                                            {"zset", {"zrange", "0", "-1", "WITHSCORES"}}};
  const auto request = requests.find(type);
  // It may have expired since it was named.
  if (request == requests.end()) return {"ping"};
  Arguments arguments = request->second;
  arguments.insert(arguments.begin() + 1, name);
  return arguments;
}

DataValue to_value(const std::string& type, const ReplyValue& content) {
  DataValue value;
  if (type == "string") value.string = content.text;
  if (type == "list") value.type = DataValue::Type::kList;
  if (type == "hash") value.type = DataValue::Type::kHash;
  if (type == "set") value.type = DataValue::Type::kSet;
  if (type == "zset") value.type = DataValue::Type::kSortedSet;
  const auto& elements = content.elements;
  const std::size_t step = type == "hash" || type == "zset" ? 2 : 1;
  for (std::size_t i = 0; i + step <= elements.size(); i += step) {
    const std::string& text = elements[i].text;
    if (type == "list") value.list.push_back(text);
    if (type == "set") value.set.insert(text);
    if (type == "hash") value.hash[text] = elements[i + 1].text;
    if (type == "zset") value.sorted_set[text] = parse_integer(elements[i + 1].text).value_or(0);
  }
  return value;
}

}  // namespace

io::Task<Dataset> Survey::run(unsigned databases) {
  Dataset dataset(databases);
  for (unsigned database = 0; database < databases; ++database) co_await read_database(database, dataset);
  connection_.close(false);
  co_return dataset;
}

io::Task<> Survey::ask(const std::vector<Arguments>& requests) {
  for (const Arguments& request : requests) connection_.send(request);
  replies_.clear();
  while (replies_.size() < requests.size()) {
    auto reply = co_await connection_.next_reply();
    if (!reply) fail("what was recovered cannot be read: the connection has ended");
    if (reply->kind == ReplyValue::Kind::kError) fail("what was recovered cannot be read: " + reply->text);
    replies_.push_back(std::move(*reply));
  }
}

io::Task<> Survey::read_database(unsigned database, Dataset& dataset) {
  const std::vector<Arguments> naming = pipeline(command("select", std::to_string(database)), command("keys", "*"));
  co_await ask(naming);
  const Replies names = std::move(replies_);
  std::vector<Arguments> questions;
  for (const ReplyValue& name : names[1].elements) {
    questions.push_back(command("type", name.text));
    questions.push_back(command("pexpiretime", name.text));
  }
  co_await ask(questions);
  const Replies kinds = std::move(replies_);
  std::vector<Arguments> requests;
  for (std::size_t i = 0; i < names[1].elements.size(); ++i) {
    requests.push_back(content_request(kinds[2 * i].text, names[1].elements[i].text));
  }
  co_await ask(requests);
  const Replies contents = std::move(replies_);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const std::string& type = kinds[2 * i].text;
    DataValue value = to_value(type, contents[i]);
    const std::int64_t expiry_ms = kinds[2 * i + 1].integer;
    if (expiry_ms >= 0) value.expiry_ms = expiry_ms;
    // Nothing in it: it has expired in the middle.
    const bool gone =
        type == "none" || expiry_ms == -2 || contents[i].is_null() || (type != "string" && value.size() == 0);
    if (gone && expiry_ms == -1) fail("the key " + names[1].elements[i].text + " goes while it is read");
    if (gone) continue;
    const KeyName key{database, names[1].elements[i].text};
    dataset.put(key, std::make_shared<const DataValue>(std::move(value)));
  }
}

}  // namespace terrace::simulation
