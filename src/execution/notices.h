// Notices: what a unit tells clients that listen: published messages, events of keys, commands for MONITOR, in the order
// in which they happened. They are told when the unit is committed (listeners.h). The unit's own client may change its
// subscriptions in the middle: for it the notices before the change are settled then, by the subscriptions that it had.
// Ownership: part of its Unit; reused. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/config/event_classes.h"

namespace terrace {

class Notices {
 public:
  enum class Kind : std::uint8_t { kMessage, kShardMessage, kKeyEvent, kCommand };
  struct Notice {
    Kind kind;
    EventClass event_class;    // kKeyEvent
    unsigned database;         // kKeyEvent
    std::string_view subject;  // the channel, or the key
    std::string_view text;     // the message, the event's name, or the line for MONITOR
  };

  bool empty() const { return parts_.empty(); }
  std::size_t size() const { return parts_.size(); }
  Notice operator[](std::size_t i) const {
    const Part& part = parts_[i];
    const std::string_view all(bytes_);
    return {part.kind, part.event_class, part.database, all.substr(part.at, part.subject_size),
            all.substr(part.at + part.subject_size, part.text_size)};
  }

  void add_message(Kind kind, std::string_view channel, std::string_view message) {
    add({.kind = kind}, channel, message);
  }
  void add_event(EventClass event_class, std::string_view event, unsigned database, std::string_view key) {
    add({.kind = Kind::kKeyEvent, .event_class = event_class, .database = database}, key, event);
  }
  void add_command(std::string_view line) { add({.kind = Kind::kCommand}, {}, line); }

  // Of the notices before settled() the own client gets what it has heard, and nothing else.
  std::size_t settled() const { return settled_; }
  const std::string& heard() const { return heard_; }
  // `heard`: the messages of the notices from settled() on, as they are sent.
  void settle(std::string_view heard) {
    heard_ += heard;
    settled_ = parts_.size();
  }

  // A handler that runs again will miss the same keys again.
  void forget_misses(std::size_t from) {
    const auto begin = parts_.begin() + static_cast<std::ptrdiff_t>(from);
    parts_.erase(std::remove_if(begin, parts_.end(), [](const Part& part) { return part.event_class == kEventMiss; }),
                 parts_.end());
  }
  void clear() {
    parts_.clear();
    bytes_.clear();
    settled_ = 0;
    heard_.clear();
  }
  void shrink() {
    constexpr std::size_t kKeptBytes = 64 << 10;
    if (memory_bytes() > kKeptBytes) *this = Notices();
  }
  std::size_t memory_bytes() const { return bytes_.capacity() + heard_.capacity() + parts_.capacity() * sizeof(Part); }

 private:
  struct Part {
    Kind kind;
    EventClass event_class = {};
    unsigned database = 0;
    std::size_t at = 0;
    std::size_t subject_size = 0;
    std::size_t text_size = 0;
  };

  void add(Part part, std::string_view subject, std::string_view text) {
    part.at = bytes_.size();
    part.subject_size = subject.size();
    part.text_size = text.size();
    (bytes_ += subject) += text;
    parts_.push_back(part);
  }

  std::vector<Part> parts_;
  std::string bytes_;
  std::size_t settled_ = 0;
  std::string heard_;
};

}  // namespace terrace
