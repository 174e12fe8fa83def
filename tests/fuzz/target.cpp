// What libFuzzer calls, and two ways of running a target without fuzzing:
//   TARGET --seeds FOLDER    writes its seeds
//   TARGET --dictionary      prints its dictionary
#include "tests/fuzz/target.h"

#include <cctype>
#include <cstring>
#include <fstream>

namespace {

void print_word(const std::string& word) {
  std::putchar('"');
  for (const char c : word) {
    const bool plain = std::isprint(static_cast<unsigned char>(c)) != 0 && c != '"' && c != '\\';
    plain ? std::printf("%c", c) : std::printf("\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  std::puts("\"");
}

void write_seeds(const std::string& folder) {
  unsigned number = 0;
  for (const std::string& seed : terrace::fuzz::seeds()) {
    std::ofstream file(folder + "/seed-" + std::to_string(number++), std::ios::binary);
    file.write(seed.data(), static_cast<std::streamsize>(seed.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc == 3 && std::strcmp((*argv)[1], "--seeds") == 0) {
    write_seeds((*argv)[2]);
    std::exit(0);
  }
  if (*argc == 2 && std::strcmp((*argv)[1], "--dictionary") == 0) {
    for (const std::string& word : terrace::fuzz::words()) print_word(word);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  terrace::fuzz::run(data, size);
  return 0;
}
