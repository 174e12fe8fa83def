// InfoWriter: the text of INFO: sections of "name:value" lines.
// Ownership: a value. Thread: any.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace terrace {

// A size in the form of Redis' *_human fields: "895.49K".
inline std::string human_bytes(std::uint64_t bytes) {
  static constexpr char kUnits[] = "BKMGTPE";
  double amount = static_cast<double>(bytes);
  unsigned unit = 0;
  while (amount >= 1024 && unit + 2 < sizeof kUnits) {
    amount /= 1024;
    ++unit;
  }
  char text[32];
  if (unit == 0) {
    std::snprintf(text, sizeof text, "%lluB", static_cast<unsigned long long>(bytes));
  } else {
    std::snprintf(text, sizeof text, "%.2f%c", amount, kUnits[unit]);
  }
  return text;
}

class InfoWriter {
 public:
  void section(std::string_view title) {
    if (!text_.empty()) text_ += "\r\n";
    ((text_ += "# ") += title) += "\r\n";
  }
  void field(std::string_view name, std::string_view value) { (((text_ += name) += ':') += value) += "\r\n"; }
  void field(std::string_view name, const char* value) { field(name, std::string_view(value)); }
  void field(std::string_view name, std::uint64_t value) { field(name, std::to_string(value)); }
  void field(std::string_view name, std::int64_t value) { field(name, std::to_string(value)); }
  void field(std::string_view name, int value) { field(name, std::to_string(value)); }
  void field(std::string_view name, unsigned value) { field(name, std::to_string(value)); }
  void real(std::string_view name, double value, int digits = 2) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    field(name, std::string_view(text));
  }
  // Two fields: the size in bytes, and in the form of human_bytes().
  void bytes(std::string_view name, std::uint64_t value) {
    field(name, value);
    field(std::string(name) + "_human", human_bytes(value));
  }
  // Fields that are always 0 here.
  void zeros(std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) field(name, "0");
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace terrace
