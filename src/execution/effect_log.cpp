#include "src/execution/effect_log.h"

namespace terrace {
namespace {

constexpr std::string_view kMulti = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view kExec = "*1\r\n$4\r\nEXEC\r\n";

std::string select_command(unsigned database) {
  std::string number = std::to_string(database);
  std::string text;
  std::string_view parts[] = {"SELECT", number};
  append_command(text, parts);
  return text;
}

}  // namespace

void EffectLog::select(storage::Engine& engine, unsigned database) {
  std::uint64_t marks = engine.log_marks();
  if (database == database_ && marks == marks_) return;
  marks_ = marks;
  if (database != selected_) select_ = select_command(database);
  database_ = selected_ = database;
  parts_.push_back(select_);
}

std::uint64_t EffectLog::append(storage::Engine& engine, unsigned database, std::string_view command) {
  parts_.clear();
  select(engine, database);
  parts_.push_back(command);
  return engine.append(parts_);
}

std::uint64_t EffectLog::append(storage::Engine& engine, const Effects& effects) {
  const std::string_view text = effects.text();
  const auto& entries = effects.entries();
  if (entries.size() == 1) return append(engine, entries[0].database, text);
  std::string transaction;
  transaction += kMulti;
  std::size_t begin = 0;
  unsigned database = kUnknown;
  for (const Effects::Entry& entry : entries) {
    if (entry.database != database) transaction += select_command(entry.database);
    database = entry.database;
    transaction += text.substr(begin, entry.end - begin);
    begin = entry.end;
  }
  transaction += kExec;
  parts_.assign({transaction});
  database_ = database;
  return engine.append(parts_);
}

}  // namespace terrace
