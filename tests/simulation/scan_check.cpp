#include "tests/simulation/scan_check.h"

#include "tests/simulation/failure.h"
#include "tests/simulation/store_access.h"

namespace terrace::simulation {

std::string where(std::uint32_t database, const std::string& key) {
  constexpr std::size_t kMostShown = 80;
  std::string words = "database " + std::to_string(database) + ", key ";
  words.append(key, 0, kMostShown);
  if (key.size() > kMostShown) words += "...";
  return words;
}

ScanCheck::ScanCheck(const Oracle& oracle, std::uint32_t database, bool heads)
    : oracle_(oracle), database_(database), heads_(heads) {
  for (const auto& [key, value] : oracle.current().keys(database)) {
    if (value.expiry_ms == storage::kNoExpiry) due_.insert(key);
  }
}

void ScanCheck::note(const Effect& effect) {
  const bool swapped = effect.kind == Effect::Kind::kSwap && database_ == static_cast<std::uint32_t>(effect.amount);
  if (database_ != effect.database && !swapped) return;
  if (effect.kind == Effect::Kind::kFlush || effect.kind == Effect::Kind::kSwap) overtaken_ = true;
  if (effect.kind == Effect::Kind::kDelete) due_.erase(effect.key);
}

void ScanCheck::visit(const storage::Record& record) {
  std::string key(record.key());
  const Value* expected = oracle_.current().find(database_, key);
  if (!expected) fail("a scan shows a key that should not be there: " + where(database_, key));
  const bool as_expected = heads_ && record.transient()
                               ? record.due_ms() == storage::sooner(expected->expiry_ms, expected->parts_expiry_ms)
                               : value_of(record) == *expected;
  if (!as_expected) fail("a scan shows a wrong value: " + where(database_, key));
  due_.erase(key);
  if (!seen_.insert(std::move(key)).second) {
    fail("a scan shows a key twice: " + where(database_, std::string(record.key())));
  }
}

void ScanCheck::end() const {
  for (const std::string& key : due_) {
    const Value* value = oracle_.current().find(database_, key);
    if (value && value->expiry_ms == storage::kNoExpiry) fail("a scan missed " + where(database_, key));
  }
}

}  // namespace terrace::simulation
