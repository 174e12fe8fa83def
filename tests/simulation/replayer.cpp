#include "tests/simulation/replayer.h"

#include <string>
#include <string_view>

#include "tests/simulation/effect.h"
#include "tests/simulation/failure.h"
#include "tests/simulation/store_access.h"

namespace terrace::simulation {

namespace {

// Within a life each entry follows the one before; a later life begins with its first entry.
bool follows(std::uint64_t id, std::uint64_t last) {
  if (last == 0 || id == last + 1) return true;
  return (id >> 32) > (last >> 32) && (id & 0xFFFFFFFF) == 1;
}

std::vector<KeyName> keys_of(const Entry& entry) {
  std::vector<KeyName> keys;
  for (const Effect& effect : entry.effects) {
    if (!effect.key.empty()) keys.push_back({effect.database, effect.key});
  }
  return keys;
}

}  // namespace

io::Task<Result<std::uint64_t>> Replayer::apply(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::uint64_t consumed = 0;
  for (;;) {
    const Decoded decoded = decode(text.substr(consumed));
    if (decoded.state == Decoded::State::kIncomplete) co_return consumed;
    if (decoded.state == Decoded::State::kBroken) fail("the log gave back bytes that nobody appended");
    if (!follows(decoded.entry.id, last_id_)) {
      fail("replay goes from entry " + std::to_string(last_id_ >> 32) + "." + std::to_string(last_id_ & 0xFFFFFFFF) +
           " to " + std::to_string(decoded.entry.id >> 32) + "." + std::to_string(decoded.entry.id & 0xFFFFFFFF));
    }
    storage::FetchedRecords fetched_records;
    const std::vector<KeyName> keys = keys_of(decoded.entry);
    Result<void> resident =
        co_await make_resident(*engine_, keys, fetched_records, is_overwrite(decoded.entry.effects));
    if (!resident) co_return resident.error();
    for (const Effect& effect : decoded.entry.effects) {
      change_store(*engine_, effect, fetched_records, static_cast<unsigned>(decoded.entry.id));
    }
    last_id_ = decoded.entry.id;
    ++entries_;
    consumed += decoded.size;
  }
}

}  // namespace terrace::simulation
