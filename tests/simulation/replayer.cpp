#include "tests/simulation/replayer.h"

#include <algorithm>
#include <string_view>

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

// Knows entries by their heads alone.
class EntryScanner final : public storage::UnitScanner {
 public:
  Result<std::uint64_t> scan(std::span<const std::byte> bytes) override {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::uint64_t ended = 0;
    for (std::size_t at = 0; at < text.size();) {
      if (head_.size() < EntryHead::kSize) {
        head_ += text[at++];
        if (head_.size() < EntryHead::kSize) continue;
        const EntryHead head(head_);
        if (head.begins_unit == open_) fail("the log has units that overlap, or the rest of one alone");
        open_ = !head.ends_unit;
        left_ = head.size - EntryHead::kSize;
      }
      const std::uint64_t size = std::min<std::uint64_t>(left_, text.size() - at);
      at += size;
      left_ -= size;
      if (left_ > 0) continue;
      head_.clear();
      if (!open_) ended = at;
    }
    return ended;
  }

 private:
  std::string head_;
  std::uint64_t left_ = 0;  // of the entry behind its head
  bool open_ = false;       // another entry of the unit follows
};

}  // namespace

std::unique_ptr<storage::UnitScanner> Replayer::make_scanner() {
  return std::make_unique<EntryScanner>();
}

io::Task<Result<void>> Replayer::apply(std::span<const std::byte> bytes) {
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::size_t applied = 0;
  for (;;) {
    const Decoded decoded = decode(std::string_view(pending_).substr(applied));
    if (decoded.state == Decoded::State::kIncomplete) break;
    if (decoded.state == Decoded::State::kBroken) fail("the log gave back bytes that nobody appended");
    Result<void> done = co_await apply_entry(decoded.entry);
    if (!done) co_return done;
    applied += decoded.size;
  }
  pending_.erase(0, applied);
  co_return Result<void>();
}

io::Task<Result<void>> Replayer::apply_entry(const Entry& entry) {
  if (!follows(entry.id, last_id_)) {
    fail("replay goes from entry " + std::to_string(last_id_ >> 32) + "." + std::to_string(last_id_ & 0xFFFFFFFF) +
         " to " + std::to_string(entry.id >> 32) + "." + std::to_string(entry.id & 0xFFFFFFFF));
  }
  storage::FetchedRecords fetched_records;
  const std::vector<KeyName> keys = keys_of(entry);
  Result<void> resident = co_await make_resident(*engine_, keys, fetched_records, is_overwrite(entry.effects));
  if (!resident) co_return resident;
  for (const Effect& effect : entry.effects) {
    change_store(*engine_, effect, fetched_records, static_cast<unsigned>(entry.id));
  }
  last_id_ = entry.id;
  ++entries_;
  co_return Result<void>();
}

}  // namespace terrace::simulation
