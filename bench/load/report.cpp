#include "bench/load/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace terrace::load {

namespace {

struct Percentile {
  const char* name;
  double share;
};
constexpr Percentile kPercentiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};

std::string number(double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

double to_ms(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') out += '\\';
    // Bytes beyond ASCII need not be UTF-8.
    out += character < ' ' || character > '~' ? '?' : character;
  }
  return out + '"';
}

std::string field(const char* name, double value) {
  return std::string("\"") + name + "\": " + number(value);
}

std::string field(const char* name, std::uint64_t value) {
  return std::string("\"") + name + "\": " + std::to_string(value);
}

std::string latency_fields(const Histogram& latency_ns) {
  std::string out;
  for (const Percentile& percentile : kPercentiles) {
    out += field((std::string(percentile.name) + "_ms").c_str(), to_ms(latency_ns.percentile(percentile.share))) + ", ";
  }
  return out + field("max_ms", to_ms(latency_ns.max())) + ", " + field("mean_ms", latency_ns.mean() / 1e6);
}

std::string histogram_rows(const Histogram& latency_ns) {
  std::string out;
  latency_ns.each([&](std::uint64_t highest, std::uint64_t count) {
    out += (out.empty() ? "[" : ", [") + number(to_ms(highest)) + ", " + std::to_string(count) + "]";
  });
  return "[" + out + "]";
}

std::string latency_words(const Histogram& latency_ns) {
  std::string out;
  for (const Percentile& percentile : kPercentiles) {
    out += std::string(percentile.name) + " " + number(to_ms(latency_ns.percentile(percentile.share))) + ", ";
  }
  return out + "max " + number(to_ms(latency_ns.max())) + " ms";
}

Histogram together(const std::vector<CommandReport>& commands) {
  Histogram all;
  for (const CommandReport& command : commands) all.add(command.latency_ns);
  return all;
}

double per(double amount, std::uint64_t count) {
  return amount / static_cast<double>(std::max<std::uint64_t>(count, 1));
}

}  // namespace

std::uint64_t Report::requests() const {
  std::uint64_t sum = 0;
  for (const CommandReport& command : commands) sum += command.latency_ns.count();
  return sum;
}

std::string Report::in_words() const {
  const std::uint64_t count = requests();
  std::string out = std::to_string(count) + " requests in " + number(seconds) +
                    " s: " + number(seconds > 0 ? static_cast<double>(count) / seconds : 0) + " a second; own CPU " +
                    number(cpu_seconds) + " s (" + number(per(cpu_seconds * 1e6, count)) + " s per million)\n";
  for (const CommandReport& command : commands) {
    out += "  " + command.name + ": " + std::to_string(command.latency_ns.count()) + " replies, " +
           latency_words(command.latency_ns);
    if (command.nulls > 0) out += ", " + std::to_string(command.nulls) + " not there";
    out += "\n";
  }
  for (const auto& [text, times] : errors) out += "  error, " + std::to_string(times) + " times: " + text + "\n";
  if (wrong_values > 0)
    out += "  wrong values: " + std::to_string(wrong_values) + ", first " + first_wrong_value + "\n";
  if (!failure.empty()) out += "  ended early: " + failure + "\n";
  return out;
}

std::string Report::as_json() const {
  const std::uint64_t count = requests();
  std::string out = "{" + field("requests", count) + ", " + field("seconds", seconds) + ", " +
                    field("rps", seconds > 0 ? static_cast<double>(count) / seconds : 0) + ", " +
                    field("written_bytes", written_bytes) + ", " + field("client_cpu_s", cpu_seconds) + ", " +
                    field("client_cpu_s_per_million", per(cpu_seconds * 1e6, count)) + ", ";
  const Histogram all = together(commands);
  out += latency_fields(all) + ", \"histogram_ms\": " + histogram_rows(all) + ", \"commands\": {";
  for (const CommandReport& command : commands) {
    out += (&command == commands.data() ? "" : ", ") + quoted(command.name) + ": {" +
           field("requests", command.latency_ns.count()) + ", " + field("nulls", command.nulls) + ", " +
           latency_fields(command.latency_ns) + "}";
  }
  out += "}, \"errors\": {";
  std::string separator;
  for (const auto& [text, times] : errors) {
    out += separator + quoted(text) + ": " + std::to_string(times);
    separator = ", ";
  }
  return out + "}, " + field("wrong_values", wrong_values) + ", \"first_wrong_value\": " + quoted(first_wrong_value) +
         ", \"failure\": " + quoted(failure) + "}\n";
}

}  // namespace terrace::load
