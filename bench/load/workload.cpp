#include "bench/load/workload.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

namespace terrace::load {

namespace {

constexpr CommandRow kCommands[] = {
    {.name = "get", .verb = "GET"},
    {.name = "set", .verb = "SET", .has_value = true},
    {.name = "incr", .verb = "INCR", .key_prefix = "counter:"},
    {.name = "mget", .verb = "MGET", .keys = 10},
    {.name = "mset", .verb = "MSET", .keys = 10, .has_value = true},
    {.name = "exists", .verb = "EXISTS"},
    {.name = "strlen", .verb = "STRLEN"},
    {.name = "ttl", .verb = "TTL"},
    {.name = "del", .verb = "DEL"},
    {.name = "multi", .verb = "SET", .keys = 10, .has_value = true, .in_transaction = true},
    {.name = "ping", .verb = "PING", .keys = 0},
};

constexpr double kZipfExponent = 0.99;
// Prime, so that its multiples visit every key once unless their number is a multiple of it.
constexpr std::uint64_t kStride = 2654435761;

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_bulk_head(std::string& out, std::size_t size) {
  out += '$';
  append_number(out, size);
  out += "\r\n";
}

// The sum of 1 / k^0.99 for k to n: the first terms as they are, the rest by Euler and Maclaurin's formula, which is
// exact to more digits than are needed and does not take seconds for a large n.
double zeta(std::uint64_t n) {
  const std::uint64_t first = std::min<std::uint64_t>(n, 1000);
  double sum = 0;
  for (std::uint64_t k = 1; k <= first; ++k) sum += std::pow(static_cast<double>(k), -kZipfExponent);
  if (n == first) return sum;
  const auto a = static_cast<double>(first);
  const auto b = static_cast<double>(n);
  const double power = 1 - kZipfExponent;
  return sum + (std::pow(b, power) - std::pow(a, power)) / power +
         (std::pow(b, -kZipfExponent) - std::pow(a, -kZipfExponent)) / 2;
}

}  // namespace

const CommandRow* find_command(std::string_view name) {
  const auto* row = std::find_if(std::begin(kCommands), std::end(kCommands),
                                 [&](const CommandRow& candidate) { return candidate.name == name; });
  return row == std::end(kCommands) ? nullptr : row;
}

std::string command_names() {
  std::string names;
  for (const CommandRow& row : kCommands) names.append(names.empty() ? "" : ", ").append(row.name);
  return names;
}

Result<KeyNames> KeyNames::create(const std::string& format, std::uint64_t keys, std::size_t size) {
  const Error bad{ErrorCode::kInvalid, "a key format needs one number, as in \"key:%012d\", and no other %"};
  const std::size_t percent = format.find('%');
  const std::size_t letter = format.find_first_not_of("0123456789", percent + 1);
  if (percent == std::string::npos || letter == std::string::npos || format[letter] != 'd') return bad;
  if (format.find('%', letter) != std::string::npos) return bad;
  KeyNames names;
  names.before_ = format.substr(0, percent);
  names.after_ = format.substr(letter + 1);
  std::from_chars(format.data() + percent + 1, format.data() + letter, names.width_);
  names.width_ = std::max(names.width_, std::to_string(keys - 1).size());
  const std::size_t least = names.before_.size() + names.width_ + names.after_.size();
  if (size != 0 && size < least) {
    return Error{ErrorCode::kInvalid, "a name in this format takes " + std::to_string(least) + " bytes"};
  }
  names.size_ = std::max(size, least);
  return names;
}

void KeyNames::append(std::string& out, std::uint64_t number) const {
  const std::size_t end = out.size() + size_;
  out += before_;
  out.append(width_, '0');
  std::uint64_t rest = number;
  for (std::size_t at = out.size(); rest > 0; rest /= 10) out[--at] = static_cast<char>('0' + rest % 10);
  out += after_;
  // Names filled up with the same bytes would be nothing to keep.
  for (std::uint64_t noise = simulation::mix(number); out.size() < end; noise = simulation::mix(noise)) {
    for (unsigned shift = 0; shift < 64 && out.size() < end; shift += 4) out += "0123456789abcdef"[noise >> shift & 15];
  }
}

ValueSource ValueSource::of_size(std::size_t bytes) {
  ValueSource source;
  source.size_ = bytes;
  simulation::Random random(1);
  const std::size_t least = kBlockBytes + bytes;
  while (source.text_.size() < least) {
    source.text_ += "terrace of words and then of noise, as values often are, words: ";
    for (int i = 0; i < 64; ++i) source.text_ += static_cast<char>(random.next());
  }
  return source;
}

Result<ValueSource> ValueSource::from_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  ValueSource source;
  source.text_.assign(std::istreambuf_iterator<char>(file), {});
  if (!file) return Error{ErrorCode::kIo, "cannot read " + path};
  const std::string& text = source.text_;
  for (std::size_t begin = text.find_first_not_of('\n'); begin != std::string::npos;) {
    const std::size_t end = std::min(text.find("\n\n", begin), text.size());
    source.stanzas_.push_back({begin, end - begin});
    begin = text.find_first_not_of('\n', end);
  }
  if (source.stanzas_.empty()) return Error{ErrorCode::kInvalid, path + " holds no values"};
  return source;
}

KeyChooser::KeyChooser(Distribution distribution, std::uint64_t keys) : distribution_(distribution), keys_(keys) {
  TERRACE_CHECK(keys > 0 && keys <= kMaxKeys);
  if (distribution != Distribution::kZipf) return;
  zeta_ = zeta(keys);
  const double of_two = 1 + std::pow(0.5, kZipfExponent);
  eta_ = (1 - std::pow(2.0 / static_cast<double>(keys), 1 - kZipfExponent)) / (1 - of_two / zeta_);
}

std::uint64_t KeyChooser::zipf_rank(double unit) const {
  const double scaled = unit * zeta_;
  if (scaled < 1) return 0;
  if (scaled < 1 + std::pow(0.5, kZipfExponent)) return 1;
  const double rank = static_cast<double>(keys_) * std::pow(eta_ * unit - eta_ + 1, 1 / (1 - kZipfExponent));
  return static_cast<std::uint64_t>(rank);
}

std::uint64_t KeyChooser::next(simulation::Random& random) {
  switch (distribution_) {
    case Distribution::kUniform:
      return random.below(keys_);
    case Distribution::kZipf:
      return std::min(zipf_rank(random.unit()), keys_ - 1) * kStride % keys_;
    case Distribution::kSequential:
      return position_++ % keys_;
  }
  return 0;
}

Result<std::vector<Workload::Part>> Workload::parse_mix(const std::string& text) {
  std::vector<Part> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const std::size_t colon = std::min(part.find(':'), part.size());
    const CommandRow* row = find_command(part.substr(0, colon));
    if (!row) return Error{ErrorCode::kInvalid, "no command \"" + part.substr(0, colon) + "\": " + command_names()};
    std::uint64_t weight = 1;
    if (colon < part.size()) {
      const auto [stop, error] = std::from_chars(part.data() + colon + 1, part.data() + part.size(), weight);
      if (error != std::errc() || stop != part.data() + part.size() || weight == 0) {
        return Error{ErrorCode::kInvalid, "\"" + part + "\" has no weight"};
      }
    }
    parts.push_back({row, weight});
    begin = end + 1;
  }
  return parts;
}

Workload::Workload(std::vector<Part> parts, KeyNames names, ValueSource values, KeyChooser chooser, std::uint64_t seed)
    : parts_(std::move(parts)), names_(std::move(names)), values_(std::move(values)), chooser_(chooser), random_(seed) {
  for (const Part& part : parts_) {
    const CommandRow& row = *part.row;
    Encoded encoded;
    const unsigned keys = row.in_transaction ? 1 : row.keys;
    encoded.head = "*" + std::to_string(1 + keys * (row.has_value ? 2 : 1)) + "\r\n";
    append_bulk_head(encoded.head, row.verb.size());
    encoded.head.append(row.verb).append("\r\n");
    append_bulk_head(encoded.key_head, row.key_prefix.size() + names_.size());
    encoded.key_head.append(row.key_prefix);
    if (row.in_transaction) {
      encoded.opening = "*1\r\n$5\r\nMULTI\r\n";
      encoded.closing = "*1\r\n$4\r\nEXEC\r\n";
    }
    encoded_.push_back(std::move(encoded));
    total_weight_ += part.weight;
  }
}

std::size_t Workload::draw_part() {
  std::uint64_t drawn = parts_.size() == 1 ? 0 : random_.below(total_weight_);
  std::size_t part = 0;
  while (drawn >= parts_[part].weight) drawn -= parts_[part++].weight;
  return part;
}

Request Workload::append_next(std::string& out) {
  Request request;
  request.command = draw_part();
  const CommandRow& row = *parts_[request.command].row;
  const Encoded& encoded = encoded_[request.command];
  out += encoded.opening;
  for (unsigned i = 0; i < std::max(row.keys, 1u); ++i) {
    if (i == 0 || row.in_transaction) out += encoded.head;
    if (row.keys > 0) append_key(encoded, row, request, out);
  }
  out += encoded.closing;
  if (row.in_transaction) request.replies = row.keys + 2;
  return request;
}

void Workload::append_key(const Encoded& encoded, const CommandRow& row, Request& request, std::string& out) {
  request.key = chooser_.next(random_);
  out += encoded.key_head;
  names_.append(out, request.key);
  out += "\r\n";
  if (!row.has_value) return;
  const std::string_view value = values_.of(request.key);
  append_bulk_head(out, value.size());
  out.append(value).append("\r\n");
  request.written_bytes += row.key_prefix.size() + names_.size() + value.size();
}

}  // namespace terrace::load
