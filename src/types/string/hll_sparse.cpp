#include "src/types/string/hll_sparse.h"

namespace terrace::types {
namespace {

// The longest replacement of a run: zeros, the value, zeros.
constexpr std::size_t kMaxReplacement = 5;
// Raising a register splits a run into at most three: only they and their neighbours may be joined.
constexpr int kRunsLookedAt = 5;

class Runs {
 public:
  void add_zeros(std::uint32_t registers) {
    if (registers == 0) return;
    const std::uint32_t number = registers - 1;
    if (registers > HllRun::kMaxShortZeros) {
      add(0x40 | number >> 8);
      add(number & 0xff);
    } else {
      add(number);
    }
  }
  void add_values(std::uint8_t value, std::uint32_t registers) {
    if (registers > 0) add(0x80u | static_cast<unsigned>(value - 1) << 2 | (registers - 1));
  }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  void add(std::uint32_t byte) { bytes_[size_++] = static_cast<char>(byte); }

  char bytes_[kMaxReplacement];
  std::size_t size_ = 0;
};

struct Place {
  std::size_t before;  // of the run before it, or of the run itself
  std::size_t at;
  std::uint32_t first;  // the run's first register
  HllRun run;
};

std::optional<Place> find_run(std::string_view text, std::size_t first_run, std::uint32_t index) {
  Place place{first_run, first_run, 0, {}};
  while (const auto run = HllRun::read(text, place.at)) {
    if (index < place.first + run->registers) {
      place.run = *run;
      return place;
    }
    place.before = place.at;
    place.at += run->bytes;
    place.first += run->registers;
  }
  return std::nullopt;
}

// The runs that replace the run when one of its registers is raised.
Runs split(const Place& place, std::uint32_t index, std::uint8_t value) {
  const std::uint32_t left = index - place.first;
  const std::uint32_t right = place.run.registers - left - 1;
  const auto add = [&place](Runs& runs, std::uint32_t registers) {
    if (place.run.value == 0) {
      runs.add_zeros(registers);
    } else {
      runs.add_values(place.run.value, registers);
    }
  };
  Runs runs;
  add(runs, left);
  runs.add_values(value, 1);
  add(runs, right);
  return runs;
}

// From `at` on, joins neighbouring runs of the same value that fit one run.
void join_runs(std::string& text, std::size_t at) {
  for (int i = 0; i < kRunsLookedAt; ++i) {
    const auto run = HllRun::read(text, at);
    if (!run) return;
    const auto next = run->value == 0 ? std::nullopt : HllRun::read(text, at + run->bytes);
    if (next && next->value == run->value && run->registers + next->registers <= HllRun::kMaxValues) {
      Runs joined;
      joined.add_values(run->value, run->registers + next->registers);
      text.replace(at, 2, joined.view());
    } else {
      at += run->bytes;
    }
  }
}

}  // namespace

std::optional<HllRun> HllRun::read(std::string_view bytes, std::size_t at) {
  if (at >= bytes.size()) return std::nullopt;
  const auto byte = static_cast<std::uint8_t>(bytes[at]);
  if ((byte & 0x80) != 0) return HllRun{static_cast<std::uint8_t>((byte >> 2 & 0x1f) + 1), (byte & 3u) + 1, 1};
  if ((byte & 0x40) == 0) return HllRun{0, byte + 1u, 1};
  if (at + 1 == bytes.size()) return std::nullopt;
  return HllRun{0, ((byte & 0x3fu) << 8 | static_cast<std::uint8_t>(bytes[at + 1])) + 1, 2};
}

HllRaise raise_sparse_register(std::string& text, std::size_t first_run, std::uint32_t index, std::uint8_t value,
                               std::size_t max_size) {
  if (value > HllRun::kMaxValue) return HllRaise::kNoRoom;
  const auto place = find_run(text, first_run, index);
  if (!place) return HllRaise::kCorrupt;
  if (place->run.value >= value) return HllRaise::kLower;
  const Runs runs = split(*place, index, value);
  const std::size_t size = runs.view().size();
  if (size > place->run.bytes && text.size() + size - place->run.bytes > max_size) return HllRaise::kNoRoom;
  text.replace(place->at, place->run.bytes, runs.view());
  join_runs(text, place->before);
  return HllRaise::kRaised;
}

std::string empty_hll_runs() {
  Runs runs;
  runs.add_zeros(kHllRegisters);
  return std::string(runs.view());
}

}  // namespace terrace::types
