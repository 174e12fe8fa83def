#include "src/execution/effect_log.h"

#include "storage/base/mutant.h"

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

// The SELECT that the next effect needs; empty if it needs none.
std::string_view EffectLog::select(const storage::Engine& engine, unsigned database) {
  const std::uint64_t marks = engine.log_marks();
  if (database == database_ && marks == marks_) return {};
  marks_ = marks;
  if (database != selected_) select_ = select_command(database);
  database_ = selected_ = database;
  return select_;
}

std::uint64_t EffectLog::append(storage::Engine& engine, unsigned database, std::string_view command) {
  const std::string_view parts[] = {select(engine, database), command};
  return engine.append(parts);
}

std::uint64_t EffectLog::append(storage::Engine& engine, const Effects& effects) {
  const std::string_view text = effects.text();
  const auto& entries = effects.entries();
  if (entries.size() == 1) return append(engine, entries[0].database, text);
  if (storage::mutant(storage::Mutant::kUnitCutInTwo)) {
    append(engine, entries[0].database, text.substr(0, entries[0].end));
    engine.commit();  // and a frame ends between the two
    Effects rest;
    std::size_t begin = entries[0].end;
    for (const Effects::Entry& entry : std::span(entries).subspan(1)) {
      rest.add_resp(entry.database, text.substr(begin, entry.end - begin));
      begin = entry.end;
    }
    return append(engine, rest);
  }
  std::string transaction(kMulti);
  database_ = kUnknown;
  append_transaction(transaction, effects);
  transaction += kExec;
  const std::string_view part = transaction;
  return engine.append({&part, 1});
}

// Appends the effects with a SELECT before each change of the database. database_ is that of the last effect then.
void EffectLog::append_transaction(std::string& out, const Effects& effects) {
  const std::string_view text = effects.text();
  std::size_t begin = 0;
  for (const Effects::Entry& entry : effects.entries()) {
    if (entry.database != database_) out += select_command(entry.database);
    database_ = entry.database;
    out += text.substr(begin, entry.end - begin);
    begin = entry.end;
  }
}

void EffectLog::append_piece(storage::Engine& engine, const Effects& effects, bool first) {
  if (first) database_ = kUnknown;
  std::string piece(first ? kMulti : std::string_view());
  append_transaction(piece, effects);
  const std::string_view part = piece;
  engine.append_piece({&part, 1});
}

std::uint64_t EffectLog::append_last_piece(storage::Engine& engine, const Effects& effects) {
  std::string piece;
  append_transaction(piece, effects);
  piece += kExec;
  const std::string_view part = piece;
  return engine.end_unit({&part, 1});
}

}  // namespace terrace
