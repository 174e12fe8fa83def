// Workload: what is asked for: which commands, which keys in which order, which values. Deterministic: the value of
// key n is a function of n, so that whoever reads it knows what whoever wrote it must have written.
// Thread: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "tests/simulation/random.h"

namespace terrace::load {

// One row a command; a new one needs a row and nothing else.
struct CommandRow {
  std::string_view name;  // in --mix
  std::string_view verb;
  unsigned keys = 1;
  bool has_value = false;            // behind each key
  std::string_view key_prefix = {};  // before the names, where values of another kind need keys of their own
  bool in_transaction = false;       // a command for each key, between MULTI and EXEC
};

// nullptr if there is none.
const CommandRow* find_command(std::string_view name);
std::string command_names();

// The name of key n, all of one length: a format like "key:%012d", filled up to a given length.
class KeyNames {
 public:
  static Result<KeyNames> create(const std::string& format, std::uint64_t keys, std::size_t size);

  std::size_t size() const { return size_; }
  void append(std::string& out, std::uint64_t number) const;

 private:
  std::string before_;
  std::string after_;
  std::size_t width_ = 0;
  std::size_t size_ = 0;
};

// The value of key n.
class ValueSource {
 public:
  // Half words, half noise: compresses about as well as real data.
  static ValueSource of_size(std::size_t bytes);
  // The stanzas of a file, separated by blank lines, in turn.
  static Result<ValueSource> from_file(const std::string& path);

  std::string_view of(std::uint64_t number) const {
    if (!stanzas_.empty()) {
      const Piece& piece = stanzas_[number % stanzas_.size()];
      return std::string_view(text_).substr(piece.begin, piece.size);
    }
    return std::string_view(text_).substr(number * 7919 % kBlockBytes, size_);
  }

 private:
  struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  static constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

  std::string text_;
  std::size_t size_ = 0;
  std::vector<Piece> stanzas_;
};

enum class Distribution { kUniform, kZipf, kSequential };

// Which key comes next. Zipf: the k-th most popular of n keys with a probability in proportion to 1 / k^0.99, drawn as
// Gray and others do ("Quickly generating billion-record synthetic databases"), the popular ones strewn over all keys.
class KeyChooser {
 public:
  static constexpr std::uint64_t kMaxKeys = std::uint64_t{1} << 32;

  KeyChooser(Distribution distribution, std::uint64_t keys);
  std::uint64_t next(simulation::Random& random);

 private:
  std::uint64_t zipf_rank(double unit) const;

  Distribution distribution_;
  std::uint64_t keys_;
  std::uint64_t position_ = 0;
  double zeta_ = 0;
  double eta_ = 0;
};

struct Request {
  std::size_t command = 0;          // in Workload::commands()
  std::uint64_t key = 0;            // the last one, where there are several
  std::uint64_t written_bytes = 0;  // keys and values, where there are values
  unsigned replies = 1;             // the last one is the request's
};

class Workload {
 public:
  struct Part {
    const CommandRow* row = nullptr;
    std::uint64_t weight = 0;
  };

  // "get:80,set:20", or "get" for that alone.
  static Result<std::vector<Part>> parse_mix(const std::string& text);

  Workload(std::vector<Part> parts, KeyNames names, ValueSource values, KeyChooser chooser, std::uint64_t seed);

  const std::vector<Part>& parts() const { return parts_; }
  const ValueSource& values() const { return values_; }
  // Draws a request and appends its bytes.
  Request append_next(std::string& out);

 private:
  struct Encoded {
    std::string opening;   // MULTI
    std::string head;      // array, verb
    std::string key_head;  // length of a name, and its prefix
    std::string closing;   // EXEC
  };

  std::size_t draw_part();
  void append_key(const Encoded& encoded, const CommandRow& row, Request& request, std::string& out);

  std::vector<Part> parts_;
  std::vector<Encoded> encoded_;
  std::uint64_t total_weight_ = 0;
  KeyNames names_;
  ValueSource values_;
  KeyChooser chooser_;
  simulation::Random random_;
};

}  // namespace terrace::load
