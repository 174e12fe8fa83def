// TimedListpack: a small hash whose fields may expire, in the record's own bytes:
//
//   | soonest i64 | listpack: field, value, time, field, value, time, ... |
//
// A time is in Unix milliseconds, 0: none. Fields are in the order of their times, those without a time last, as in
// Redis (and its RDB type 25). `soonest` is the first field's time, for code that does not read listpacks; kNoExpiry if
// no field expires.
// Ownership: borrows the bytes.
// Thread: plain values.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "src/types/encoding/listpack.h"
#include "storage/base/expiry.h"

namespace terrace::types {

class TimedListpack {
 public:
  static constexpr std::size_t kPrefixSize = sizeof(std::int64_t);
  static constexpr unsigned kStride = 3;  // elements for each field

  explicit TimedListpack(std::string_view bytes) : listpack_(bytes.substr(kPrefixSize)) {}
  // The bytes that a listpack without times becomes.
  static std::string of(const Listpack& pairs);

  const Listpack& listpack() const { return listpack_; }
  std::size_t size() const { return listpack_.count() / kStride; }
  // The place of a field; kNowhere if it is not there.
  std::size_t find(std::string_view field) const { return listpack_.find(field, listpack_.begin(), kStride); }
  // The time of the field at this place.
  std::int64_t time_at(std::size_t place) const {
    const std::int64_t time_ms = listpack_.element(listpack_.next(listpack_.next(place))).integer();
    return time_ms == 0 ? storage::kNoExpiry : time_ms;
  }
  std::size_t next(std::size_t place) const { return listpack_.next(listpack_.next(listpack_.next(place))); }
  // The first place whose field does not expire before this time, and the number of fields that do.
  struct Live {
    std::size_t place;
    std::size_t expired;
  };
  Live live_at(std::int64_t now_ms) const;
  // The place for a field with this time.
  std::size_t place_for(std::int64_t time_ms) const;

 private:
  Listpack listpack_;
};

// `Bytes` as for ListpackEditor. Texts passed in must not lie in the edited bytes.
template <typename Bytes>
class TimedListpackEditor {
 public:
  explicit TimedListpackEditor(Bytes& bytes) : behind_{bytes}, editor_(behind_) {}

  TimedListpack view() const { return TimedListpack({behind_.all.data(), behind_.all.size()}); }

  // True if the field is new.
  bool set(std::string_view field, std::string_view value, bool keep_time) {
    const std::size_t place = view().find(field);
    if (place == Listpack::kNowhere) {
      insert(field, value, storage::kNoExpiry);
      return true;
    }
    if (keep_time || view().time_at(place) == storage::kNoExpiry) {
      editor_.replace(editor_.view().next(place), value);
    } else {
      editor_.erase(place, TimedListpack::kStride);
      insert(field, value, storage::kNoExpiry);
    }
    return false;
  }
  bool erase(std::string_view field) {
    const std::size_t place = view().find(field);
    if (place == Listpack::kNowhere) return false;
    editor_.erase(place, TimedListpack::kStride);
    seal();
    return true;
  }
  // kNoExpiry removes the time. The field must exist.
  void set_time(std::string_view field, std::int64_t time_ms) {
    const std::size_t place = view().find(field);
    const std::string value(ElementText(editor_.view().element(editor_.view().next(place))).view());
    editor_.erase(place, TimedListpack::kStride);
    insert(field, value, time_ms);
  }
  void insert(std::string_view field, std::string_view value, std::int64_t time_ms) {
    const std::size_t place = view().place_for(time_ms);
    editor_.insert(place, field);
    const std::size_t second = editor_.view().next(place);
    editor_.insert(second, value);
    editor_.insert(editor_.view().next(second), IntegerText(time_ms == storage::kNoExpiry ? 0 : time_ms));
    seal();
  }

 private:
  // The bytes behind the prefix.
  struct Behind {
    Bytes& all;
    char* data() { return all.data() + TimedListpack::kPrefixSize; }
    std::size_t size() const { return all.size() - TimedListpack::kPrefixSize; }
    void resize(std::size_t size) { all.resize(size + TimedListpack::kPrefixSize); }
  };

  void seal() {
    const TimedListpack now = view();
    const std::size_t first = now.listpack().begin();
    const std::int64_t soonest_ms = first == now.listpack().end() ? storage::kNoExpiry : now.time_at(first);
    std::memcpy(behind_.all.data(), &soonest_ms, sizeof soonest_ms);
  }

  Behind behind_;
  ListpackEditor<Behind> editor_;
};

}  // namespace terrace::types
