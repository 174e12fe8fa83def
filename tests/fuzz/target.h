// What every fuzz target gives: one input to try, seeds and dictionary words. target.cpp holds what libFuzzer calls.
// Inputs are read with FuzzedDataProvider, which takes numbers from the end: seeds begin with what matters.
// Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace terrace::fuzz {

// Tries one input; a broken promise ends the process (require, TERRACE_CHECK or a sanitizer).
void run(const std::uint8_t* data, std::size_t size);
// Small inputs that reach deep, written to build-fuzz/corpus before each run. None: tests/fuzz/corpus has them all.
std::vector<std::string> seeds();
std::vector<std::string> words();  // for the dictionary

[[noreturn]] inline void broken(const char* file, int line, const char* promise, const std::string& detail) {
  std::fprintf(stderr, "%s:%d: PROMISE BROKEN: %s\n%s\n", file, line, promise, detail.c_str());
  std::abort();
}

#define FUZZ_REQUIRE(condition, detail) \
  ((condition) ? static_cast<void>(0) : ::terrace::fuzz::broken(__FILE__, __LINE__, #condition, detail))

}  // namespace terrace::fuzz
