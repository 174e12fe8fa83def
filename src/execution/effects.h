// Effects: what one unit will put into the log: RESP commands, each with its database.
// Ownership: part of its Unit; buffers are reused. Thread: the reactor's.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

// Appends one command to `out` as a RESP array of bulk strings.
void append_command(std::string& out, std::span<const std::string_view> parts);

class Effects {
 public:
  struct Entry {
    unsigned database;
    std::size_t end;  // its RESP ends here in text()
  };

  void clear() {
    text_.clear();
    entries_.clear();
  }
  bool empty() const { return entries_.empty(); }
  void add(unsigned database, std::span<const std::string_view> parts) {
    append_command(text_, parts);
    entries_.push_back({database, text_.size()});
  }
  // A command that is RESP already.
  void add_resp(unsigned database, std::string_view resp) {
    text_ += resp;
    entries_.push_back({database, text_.size()});
  }
  void add(unsigned database, std::initializer_list<std::string_view> parts) {
    add(database, std::span(parts.begin(), parts.size()));
  }
  void shrink() {
    if (text_.capacity() > 64 * 1024) std::string().swap(text_);
  }

  std::size_t memory_bytes() const { return text_.capacity() + entries_.capacity() * sizeof(Entry); }
  const std::string& text() const { return text_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::string text_;
  std::vector<Entry> entries_;
};

}  // namespace terrace
