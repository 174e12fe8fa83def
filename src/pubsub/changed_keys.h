// ChangedKeys: the keys that a turn's units have changed, for clients that cache by prefixes: they are told at the end of
// the turn, of each key once.
// Ownership: owns the names; reused. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

class ChangedKeys {
 public:
  static constexpr std::uint64_t kSeveral = 0;
  struct Key {
    std::string_view name;
    std::uint64_t writer;  // the id of the session that has changed it, kSeveral if there are several
  };

  void add(std::string_view name, std::uint64_t writer, std::uint64_t position) {
    parts_.push_back({bytes_.size(), name.size(), writer});
    bytes_ += name;
    position_ = std::max(position_, position);
  }
  bool empty() const { return parts_.empty(); }
  std::size_t size() const { return parts_.size(); }
  // When the log is durable up to here, so are all of these changes.
  std::uint64_t position() const { return position_; }

  // Sorted, each once; valid until the next change.
  std::span<const Key> sorted() {
    keys_.clear();
    for (const Part& part : parts_) keys_.push_back({std::string_view(bytes_).substr(part.at, part.size), part.writer});
    std::sort(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.name < b.name; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (kept > 0 && keys_[kept - 1].name == keys_[i].name) {
        if (keys_[kept - 1].writer != keys_[i].writer) keys_[kept - 1].writer = kSeveral;
      } else {
        keys_[kept++] = keys_[i];
      }
    }
    keys_.resize(kept);
    return keys_;
  }
  void clear() {
    constexpr std::size_t kKeptBytes = 64 << 10;
    parts_.clear();
    keys_.clear();
    bytes_.clear();
    position_ = 0;
    if (bytes_.capacity() + parts_.capacity() * sizeof(Part) > kKeptBytes) *this = ChangedKeys();
  }

 private:
  struct Part {
    std::size_t at;
    std::size_t size;
    std::uint64_t writer;
  };

  std::string bytes_;
  std::vector<Part> parts_;
  std::vector<Key> keys_;
  std::uint64_t position_ = 0;
};

}  // namespace terrace
