// What clients, replay and checks have in common when they touch the store: make keys resident, read one, change one.
// Thread: the simulation's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "io/task.h"
#include "storage/engine.h"
#include "tests/simulation/effect.h"
#include "tests/simulation/model.h"

namespace terrace::simulation {

struct KeyName {
  std::uint32_t database = 0;
  std::string key;
};

inline std::vector<KeyName> names_of(const std::vector<Effect>& effects) {
  std::vector<KeyName> names;
  names.reserve(effects.size());
  for (const Effect& effect : effects) names.push_back({effect.database, effect.key});
  return names;
}

// Fetches until all keys are resident, or may be overwritten unseen. When it returns without error they are, until the
// caller suspends.
io::Task<Result<void>> make_resident(storage::Engine& engine, const std::vector<KeyName>& keys,
                                     storage::FetchedRecords& fetched_records, bool overwrite = false);
// Half of the keys have objects for their values: the store must not let anybody see the difference.
bool is_object_key(std::string_view key);
// May these be applied to a key that was not read?
inline bool is_overwrite(const std::vector<Effect>& effects) {
  return effects.size() == 1 && effects.front().kind == Effect::Kind::kSet;
}

Value value_of(const storage::Record& record);
// The key must be resident.
std::optional<Value> read_key(storage::Engine& engine, const KeyName& name, storage::FetchedRecords& fetched_records,
                              storage::Access access);
// Changes the store as Model::apply changes a model. The effect's key must be resident. `variant` chooses among equal
// ways of doing it.
void change_store(storage::Engine& engine, const Effect& effect, storage::FetchedRecords& fetched_records,
                  unsigned variant);

// All of the store, by scanning every database. Checks that no key is seen twice and that size() agrees.
io::Task<Result<Model>> read_everything(storage::Engine& engine, unsigned databases);

}  // namespace terrace::simulation
