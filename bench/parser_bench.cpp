// Requests a second through the parser: whole batches as they arrive, and the same bytes in small pieces.
#include <benchmark/benchmark.h>

#include <string>

#include "src/resp/request_parser.h"

namespace terrace {
namespace {

std::string pipeline(int commands) {
  std::string bytes;
  for (int i = 0; i < commands; ++i)
    bytes += "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000042\r\n$32\r\n01234567890123456789012345678901\r\n";
  return bytes;
}

void BM_ParseWhole(benchmark::State& state) {
  const auto commands = static_cast<int>(state.range(0));
  const std::string bytes = pipeline(commands);
  RequestParser parser;
  RequestParser::Limits limits;
  RequestBatch batch;
  for (auto _ : state) {
    batch.clear();
    benchmark::DoNotOptimize(parser.parse(bytes, limits, batch));
  }
  state.SetItemsProcessed(state.iterations() * commands);
}
BENCHMARK(BM_ParseWhole)->Arg(1)->Arg(16)->Arg(200);

void BM_ParsePieces(benchmark::State& state) {
  const std::string bytes = pipeline(16);
  const auto piece = static_cast<std::size_t>(state.range(0));
  RequestParser parser;
  RequestParser::Limits limits;
  RequestBatch batch;
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      batch.clear();
      benchmark::DoNotOptimize(parser.parse(std::string_view(bytes).substr(at, piece), limits, batch));
    }
  }
  state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(BM_ParsePieces)->Arg(7)->Arg(100);

}  // namespace
}  // namespace terrace
