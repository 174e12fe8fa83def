// What a look-up, an insertion and a split cost in the index, beside the memory's own latency (random over 4 M keys).
#include <benchmark/benchmark.h>

#include <random>

#include "storage/base/key.h"
#include "storage/index/index.h"

namespace terrace::storage {
namespace {

std::uint64_t hash_of(std::uint64_t number) {
  return number * 0x9E3779B97F4A7C15ull ^ (number >> 7) * 0xC2B2AE3D27D4EB4Full;
}
IndexEntry entry_of(std::uint64_t number) {
  return IndexEntry::cold(Location(static_cast<std::uint32_t>(number >> 14), (number & 0x3FFF) | 1, 3),
                          ValueType::kString, {}, hash_of(number));
}

void BM_IndexFind(benchmark::State& state) {
  Index index;
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t i = 0; i < keys; ++i) index.insert(hash_of(i), entry_of(i));
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const std::uint64_t hash = hash_of(random() % keys);
    benchmark::DoNotOptimize(index.find(hash, [](Index::Position) { return true; }));
  }
  state.counters["bytes_per_key"] = static_cast<double>(index.memory_bytes()) / static_cast<double>(keys);
}
BENCHMARK(BM_IndexFind)->Arg(10'000)->Arg(4'000'000);

void BM_IndexFindAbsent(benchmark::State& state) {
  Index index;
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t i = 0; i < keys; ++i) index.insert(hash_of(i), entry_of(i));
  std::mt19937_64 random(2);
  std::uint64_t maybes = 0;
  for (auto _ : state) {
    index.find(random(), [&maybes](Index::Position) { return ++maybes, false; });
  }
  state.counters["maybes"] = benchmark::Counter(static_cast<double>(maybes), benchmark::Counter::kAvgIterations);
}
BENCHMARK(BM_IndexFindAbsent)->Arg(10'000)->Arg(4'000'000);

void BM_IndexInsert(benchmark::State& state) {
  std::uint64_t next = 0;
  Index index;
  for (auto _ : state) {
    index.insert(hash_of(next), entry_of(next));
    ++next;
  }
}
BENCHMARK(BM_IndexInsert)->Iterations(4'000'000);

void BM_KeyHash(benchmark::State& state) {
  const std::string name(static_cast<std::size_t>(state.range(0)), 'k');
  for (auto _ : state) benchmark::DoNotOptimize(Key(name).hash);
}
BENCHMARK(BM_KeyHash)->Arg(16)->Arg(60);

}  // namespace
}  // namespace terrace::storage
