// Dictionaries: a store's dictionaries, by fingerprint, and the one that new pages are packed with. Each is a small
// file (FORMAT.md). It is durable before the first page is packed with it, and is kept as long as the store.
// Ownership: owns the dictionaries; they live as long as this does.
// Thread: the reactor's; workers read a Dictionary.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "io/disk.h"
#include "io/result.h"
#include "io/task.h"
#include "storage/segment/dictionary.h"

namespace terrace::storage {

class Dictionaries {
 public:
  explicit Dictionaries(io::Disk& disk) : disk_(disk) {}

  // Reads all files. A damaged one is passed to `report` and left out; reading a page that needs it is an error then.
  io::Task<Result<void>> load(std::uint64_t store_id, const std::function<void(const Error&)>& report);
  // Makes the dictionary durable, then the current one.
  io::Task<Result<void>> adopt(std::unique_ptr<Dictionary> dictionary);

  // nullptr if no dictionary has this fingerprint.
  const Dictionary* find(std::uint32_t fingerprint) const {
    const auto it = known_.find(fingerprint);
    return it == known_.end() ? nullptr : it->second.get();
  }
  // The one that pages are packed with: the newest. nullptr if there is none or if none is to be used.
  const Dictionary* current() const { return in_use_ ? current_ : nullptr; }
  // False: from now on pages are packed without one, and none is trained; existing pages keep theirs.
  void set_in_use(bool in_use) { in_use_ = in_use; }
  bool in_use() const { return in_use_; }
  std::uint32_t next_id() const { return next_id_; }

 private:
  io::Task<Result<std::unique_ptr<Dictionary>>> read(std::uint32_t id, const std::function<void(const Error&)>& report);

  // False: another dictionary has its fingerprint.
  bool add(std::unique_ptr<Dictionary> dictionary);

  io::Disk& disk_;
  std::uint64_t store_id_ = 0;
  std::unordered_map<std::uint32_t, std::unique_ptr<Dictionary>> known_;
  const Dictionary* current_ = nullptr;
  bool in_use_ = true;
  std::uint32_t next_id_ = 1;
};

}  // namespace terrace::storage
