#include "tests/simulation/clients/model_unit.h"

#include <set>

#include "tests/simulation/failure.h"

namespace terrace::simulation {

ReplyValue ModelUnit::execute(const Arguments& arguments, std::int64_t now_ms, const ReplyValue& actual) {
  now_ms_ = now_ms;
  const ModelCommand command = find_model_command(arguments[0]);
  if (command == nullptr) fail("the model has no command " + arguments[0]);
  return command(*this, arguments, actual);
}

DataPointer ModelUnit::find_in(unsigned database, const std::string& name) {
  KeyName key{database, name};
  DataPointer value = dataset_->find(key);
  read_keys_.push_back(std::move(key));
  return value != nullptr && value->expired(now_ms_) ? nullptr : value;
}

void ModelUnit::change(const KeyName& key, DataPointer after) {
  DataPointer before = dataset_->find(key);
  if (before != nullptr && before->expired(now_ms_)) before = nullptr;
  dataset_->put(key, after);
  changes_.push_back({key, std::move(before), std::move(after)});
}

void ModelUnit::put_in(unsigned database, const std::string& name, DataValue value) {
  change({database, name}, std::make_shared<const DataValue>(std::move(value)));
}

void ModelUnit::remove_in(unsigned database, const std::string& name) {
  change({database, name}, nullptr);
}

std::vector<std::string> ModelUnit::all_names(unsigned database) {
  read_databases_.push_back(database);
  std::vector<std::string> names;
  for (const auto& [name, value] : dataset_->keys(database)) {
    if (!value->expired(now_ms_)) names.push_back(name);
  }
  return names;
}

void ModelUnit::swap(unsigned first, unsigned second) {
  std::set<std::string> names;
  for (const unsigned database : {first, second}) {
    for (const auto& [name, value] : dataset_->keys(database)) names.insert(name);
  }
  for (const std::string& name : names) {
    DataPointer of_first = dataset_->find({first, name});
    DataPointer of_second = dataset_->find({second, name});
    change({first, name}, std::move(of_second));
    change({second, name}, std::move(of_first));
  }
}

}  // namespace terrace::simulation
