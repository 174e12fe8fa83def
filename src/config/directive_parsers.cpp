#include "src/config/directive_parsers.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "src/config/directive.h"
#include "src/text/ignoring_case.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

constexpr std::size_t kMaxBindAddresses = 16;
constexpr std::string_view kClasses[] = {"normal", "slave", "pubsub"};

std::string join(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

// The words of the value, whether they came as several arguments or as one.
std::vector<std::string> split(std::span<const std::string> words) {
  std::istringstream stream(join(words));
  std::vector<std::string> out;
  for (std::string word; stream >> word;) out.push_back(word);
  return out;
}

std::vector<std::string> split(const std::string& value) {
  return split(std::span(&value, 1));
}

bool parse_octal_digits(const std::string& word, long& mode) {
  char* end = nullptr;
  errno = 0;
  mode = std::strtol(word.c_str(), &end, 8);
  return !word.empty() && *end == '\0' && errno == 0 && mode >= 0 && mode <= 0777;
}

bool parse_percentile(const std::string& word, double& percent) {
  char* end = nullptr;
  percent = std::strtod(word.c_str(), &end);
  return !word.empty() && *end == '\0';
}

std::string write_percentile(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", percent);
  return text;
}

int class_index(const std::string& name) {
  for (int i = 0; i < 3; ++i) {
    if (equals_ignoring_case(name, kClasses[i])) return i;
  }
  return equals_ignoring_case(name, "replica") ? 1 : -1;
}

}  // namespace

Result<std::string> parse_bind(std::span<const std::string> words, const std::string&) {
  std::vector<std::string> addresses = split(words);
  if (addresses.size() > kMaxBindAddresses) return invalid_value("Too many bind addresses specified.");
  return join(addresses);
}

void assign_bind(Settings& settings, const std::string& value) {
  settings.bind = split(value);
}

Result<std::string> parse_dir(std::span<const std::string> words, const std::string&) {
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  if (chdir(words[0].c_str()) != 0) return invalid_value(std::strerror(errno));
  char path[PATH_MAX];
  if (getcwd(path, sizeof path) == nullptr) return invalid_value(std::strerror(errno));
  return std::string(path);
}

void assign_dir(Settings& settings, const std::string& value) {
  settings.directory = value;
}

Result<std::string> parse_save(std::span<const std::string> words, const std::string&) {
  std::vector<std::string> numbers = split(words);
  if (numbers.size() % 2 != 0) return invalid_value("Invalid save parameters");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    auto number = parse_integer(numbers[i]);
    if (!number || *number < (i % 2 == 0 ? 1 : 0)) return invalid_value("Invalid save parameters");
  }
  return join(numbers);
}

Result<std::string> parse_output_limits(std::span<const std::string> words, const std::string& current) {
  if (words.empty()) return current;
  std::vector<std::string> fields = split(words);
  if (fields.empty() || fields.size() % 4 != 0) {
    return invalid_value("Wrong number of arguments in buffer limit configuration.");
  }
  std::vector<std::string> value = split(current);
  for (std::size_t i = 0; i < fields.size(); i += 4) {
    int which = class_index(fields[i]);
    if (which < 0) return invalid_value("Invalid client class specified in buffer limit configuration.");
    auto hard = parse_memory(fields[i + 1]);
    auto soft = parse_memory(fields[i + 2]);
    auto seconds = parse_integer(fields[i + 3]);
    if (!hard.ok() || !soft.ok() || !seconds || *seconds < 0) {
      return invalid_value("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    std::size_t at = static_cast<std::size_t>(which) * 4;
    value[at + 1] = std::to_string(*hard);
    value[at + 2] = std::to_string(*soft);
    value[at + 3] = std::to_string(*seconds);
  }
  return join(value);
}

void assign_output_limits(Settings& settings, const std::string& value) {
  std::vector<std::string> fields = split(value);
  for (std::size_t i = 0; i < 3; ++i) {
    settings.output_limits[i] = {static_cast<std::uint64_t>(*parse_integer(fields[i * 4 + 1])),
                                 static_cast<std::uint64_t>(*parse_integer(fields[i * 4 + 2])),
                                 *parse_integer(fields[i * 4 + 3])};
  }
}

Result<std::string> parse_percentiles(std::span<const std::string> words, const std::string&) {
  std::vector<std::string> fields = split(words);
  for (std::string& field : fields) {
    double percent = 0;
    if (!parse_percentile(field, percent)) return invalid_value("Invalid latency-tracking-info-percentiles parameters");
    if (!(percent >= 0 && percent <= 100)) {
      return invalid_value("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    field = write_percentile(percent);
  }
  return join(fields);
}

void assign_percentiles(Settings& settings, const std::string& value) {
  settings.latency_percentiles.clear();
  for (const std::string& field : split(value)) settings.latency_percentiles.push_back(std::stod(field));
}

// 'A' stands for all classes of events but 'm' and 'n'.
Result<std::string> parse_events(std::span<const std::string> words, const std::string&) {
  constexpr std::string_view kClassesOfA = "g$lshzxetd";
  constexpr std::string_view kOthers = "nKEm";
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  const std::string& letters = words[0];
  if (letters.find_first_not_of("Ag$lshzxeKEtmdn") != std::string::npos) {
    return invalid_value("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  }
  std::string classes;
  for (char c : kClassesOfA) {
    if (letters.find(c) != std::string::npos || letters.find('A') != std::string::npos) classes += c;
  }
  if (classes.size() == kClassesOfA.size()) classes = "A";
  for (char c : kOthers) {
    if (letters.find(c) != std::string::npos) classes += c;
  }
  return classes;
}

void assign_events(Settings& settings, const std::string& value) {
  static constexpr std::pair<char, EventClasses> kLetters[] = {
      {'g', kEventGeneric},
      {'$', kEventString},
      {'l', kEventList},
      {'s', kEventSet},
      {'h', kEventHash},
      {'z', kEventSortedSet},
      {'x', kEventExpired},
      {'e', kEventEvicted},
      {'t', kEventStream},
      {'d', kEventModule},
      {'K', kTellKeyspace},
      {'E', kTellKeyevent},
      {'m', kEventMiss},
      {'n', kEventNew},
      {'A', kEventGeneric | kEventString | kEventList | kEventSet | kEventHash | kEventSortedSet | kEventExpired |
                kEventEvicted | kEventStream | kEventModule}};
  settings.event_classes = 0;
  for (const auto& [letter, classes] : kLetters) {
    if (value.find(letter) != std::string::npos) settings.event_classes |= classes;
  }
}

Result<std::string> parse_oom_values(std::span<const std::string> words, const std::string&) {
  std::vector<std::string> fields = split(words);
  if (fields.size() != 3) return invalid_value("wrong number of arguments");
  for (const std::string& field : fields) {
    auto number = parse_integer(field);
    if (!number || *number < -2000 || *number > 2000) {
      return invalid_value("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
  }
  return join(fields);
}

Result<std::string> parse_octal(std::span<const std::string> words, const std::string&) {
  long mode = 0;
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  if (!parse_octal_digits(words[0], mode)) return invalid_value("argument couldn't be parsed into an integer");
  char text[16];
  std::snprintf(text, sizeof text, "%lo", static_cast<unsigned long>(mode));
  return std::string(text);
}

void assign_octal(Settings& settings, const std::string& value) {
  long mode = 0;
  if (parse_octal_digits(value, mode)) settings.unix_socket_permissions = mode;
}

Result<std::string> parse_replicaof(std::span<const std::string> words, const std::string&) {
  std::vector<std::string> fields = split(words);
  if (fields.empty() && !words.empty()) return std::string();
  if (fields.size() != 2) return invalid_value("wrong number of arguments");
  if (equals_ignoring_case(fields[0], "no") && equals_ignoring_case(fields[1], "one")) return std::string();
  const auto port = parse_integer(fields[1]);
  if (!port || *port < 0 || *port > 65535) return invalid_value("Invalid master port");
  return fields[0] + " " + fields[1];
}

void assign_replicaof(Settings& settings, const std::string& value) {
  settings.replica_of = value;
}

Result<std::string> parse_memory_or_percent(std::span<const std::string> words, const std::string&) {
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  const std::string& word = words[0];
  if (!word.empty() && word.back() == '%') {
    auto percent = parse_integer(std::string_view(word).substr(0, word.size() - 1));
    if (!percent || *percent < 0) return invalid_value("argument must be a memory or percent value");
    if (*percent > 100) return invalid_value("percentage argument must be less or equal to 100");
    return word;
  }
  auto bytes = parse_memory(word);
  if (!bytes.ok()) return invalid_value("argument must be a memory or percent value");
  return std::to_string(*bytes);
}

void assign_clients_memory(Settings& settings, const std::string& value) {
  const bool percent = value.ends_with('%');
  const std::int64_t number = *parse_integer(percent ? std::string_view(value).substr(0, value.size() - 1) : value);
  settings.clients_percent = percent ? number : 0;
  settings.clients_bytes = percent ? 0 : number;
}

Result<std::string> parse_active_defrag(std::span<const std::string> words, const std::string&) {
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  if (equals_ignoring_case(words[0], "no")) return std::string("no");
  if (!equals_ignoring_case(words[0], "yes")) return invalid_value("argument must be 'yes' or 'no'");
  return invalid_value(
      "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the "
      "one shipped by default with the Redis source distribution");
}

Result<std::string> parse_collation(std::span<const std::string> words, const std::string&) {
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  const locale_t locale = newlocale(LC_COLLATE_MASK, words[0].c_str(), nullptr);
  if (locale == nullptr) return invalid_value("Invalid locale name");
  freelocale(locale);
  return words[0];
}

void assign_collation(Settings&, const std::string& value) {
  std::setlocale(LC_COLLATE, value.c_str());
}

Result<std::string> parse_host_name(std::span<const std::string> words, const std::string&) {
  constexpr std::size_t kMostBytes = 255;
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  const std::string& name = words[0];
  if (name.size() > kMostBytes) return invalid_value("Hostnames must be less than 256 characters");
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  if (std::all_of(name.begin(), name.end(), fits)) return name;
  return invalid_value("Hostnames may only contain alphanumeric characters, hyphens or dots");
}

Result<std::string> parse_title_template(std::span<const std::string> words, const std::string&) {
  constexpr std::string_view kVariables[] = {"title",    "listen-addr", "server-mode", "port",
                                             "tls-port", "unixsocket",  "config-file"};
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  const Error refused = invalid_value("template format is invalid or contains unknown variables");
  if (words[0].empty()) return refused;
  std::string_view rest = words[0];
  for (std::size_t at = rest.find('{'); at != rest.npos; at = rest.find('{')) {
    const std::size_t end = rest.find('}', at);
    if (end == rest.npos) return refused;
    const std::string_view name = rest.substr(at + 1, end - at - 1);
    if (std::find(std::begin(kVariables), std::end(kVariables), name) == std::end(kVariables)) return refused;
    rest.remove_prefix(end + 1);
  }
  return words[0];
}

}  // namespace terrace
