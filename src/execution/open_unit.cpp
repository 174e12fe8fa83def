#include "src/execution/open_unit.h"

#include <algorithm>

#include "storage/base/mutant.h"

namespace terrace {

void OpenUnit::open(const CommandBatch& batch) {
  TERRACE_CHECK(!active());
  batch_ = &batch;
  const auto& calls = batch.session->transaction.calls();
  const auto is_unbounded = [](const Command& row) {
    return (row.flags & kKeysUnknown) != 0 || row.run_async != nullptr;
  };
  const bool is_script = batch.call.entry != nullptr && batch.call.row().is_script() &&
                         !storage::mutant(storage::Mutant::kScriptKeepsNobodyOff);
  excludes_all_ = is_script || std::any_of(calls.begin(), calls.end(),
                                           [&](const auto& call) { return is_unbounded(*call.entry->row); });
  for (const PlannedKey& key : batch.transaction.exec.keys) {
    keys_.push_back(mix(key.key, key.database));
    if (!key.only_read) changed_keys_.push_back(keys_.back());
  }
  std::sort(keys_.begin(), keys_.end());
  std::sort(changed_keys_.begin(), changed_keys_.end());
}

void OpenUnit::close() {
  TERRACE_CHECK(active());
  batch_ = nullptr;
  keys_ = Hashes();
  changed_keys_ = Hashes();
  resumes_ = true;
}

bool OpenUnit::excludes(const Call& call, const Origin& origin) const {
  const Command& row = call.row();
  if (!origin.is_client || row.runs_queue || row.is_script()) return true;
  if (storage::mutant(storage::Mutant::kOpenUnitIsSeen)) return false;
  if (row.flags & (kKeysUnknown | kUsesInterpreter)) return true;
  if (call.keys.empty()) return false;
  if (batch_->unit.in_pieces()) return true;  // the call might remove an expired key, which must not be logged now
  return excludes_all_ || std::any_of(call.keys.begin(), call.keys.end(), [this](const PlannedKey& key) {
           return contains(key.only_read ? changed_keys_ : keys_, mix(key.key, key.database));
         });
}

}  // namespace terrace
