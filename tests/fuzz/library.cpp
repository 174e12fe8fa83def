// Libraries of functions: any text that FUNCTION LOAD gets, any payload that FUNCTION RESTORE gets, also with the right
// checksum. What is loaded has a payload, and that makes the same libraries elsewhere; what is refused changes nothing.
#include <fuzzer/FuzzedDataProvider.h>

#include "src/scripting/function_libraries.h"
#include "src/types/crc64.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {
namespace {

// Each look at it finds that some time has passed: a text without end is ended soon.
class HastyClock final : public io::Clock {
 public:
  std::int64_t wall_ms() const override { return 1'600'000'000'000; }
  std::int64_t monotonic_us() const override { return now_us_ += 20'000; }
  void submit(io::Timer&) override { TERRACE_CHECK(false); }

 private:
  mutable std::int64_t now_us_ = 0;
};

std::string with_checksum(std::string bytes) {
  constexpr std::size_t kFooter = 10;
  if (bytes.size() < kFooter) return bytes;
  bytes[bytes.size() - kFooter] = 10;
  bytes[bytes.size() - kFooter + 1] = 0;
  std::uint64_t sum = types::crc64(std::string_view(bytes).substr(0, bytes.size() - 8));
  for (std::size_t i = 0; i < 8; ++i, sum >>= 8) bytes[bytes.size() - 8 + i] = static_cast<char>(sum & 255);
  return bytes;
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const auto policy = static_cast<FunctionLibraries::Policy>(input.ConsumeIntegralInRange<int>(0, 2));
  const unsigned choice = input.ConsumeIntegralInRange<unsigned>(0, 3);
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  static Logger& logger = *[] {
    auto* made = new Logger;
    FUZZ_REQUIRE(made->open("/dev/null").ok(), "the log");
    return made;
  }();
  HastyClock clock;
  storage::Ledger ledger;
  ledger.set_limit(8 << 20);
  FunctionLibraries libraries(ledger, logger, clock);
  FUZZ_REQUIRE(
      libraries.load("#!lua name=before\nredis.register_function('before',function() return 1 end)", false, false).ok(),
      "a library");
  const std::string before = libraries.dump();
  bool taken = false;
  if (choice == 0) taken = libraries.load(bytes, policy == FunctionLibraries::Policy::kReplace, false).ok();
  if (choice == 1) taken = libraries.load("#!lua name=lib\n" + bytes, false, false).ok();
  if (choice == 2) taken = libraries.restore_payload(with_checksum(bytes), policy, false).ok();
  if (choice == 3) taken = libraries.restore_payload(bytes, policy, false).ok();
  const std::string payload = libraries.dump();
  FUZZ_REQUIRE(taken || payload == before, "what was refused has changed the libraries");
  FunctionLibraries others(ledger, logger, clock);
  const Result<void> restored = others.restore_payload(payload, FunctionLibraries::Policy::kFlush, true);
  // A text that tells the time, or takes much of the memory, may register today what it does not tomorrow.
  if (restored.ok()) FUZZ_REQUIRE(others.dump() == payload, "the libraries have another payload elsewhere");
  libraries.flush();
  FUZZ_REQUIRE(libraries.function_count() == 0 && libraries.libraries().empty(), "FLUSH");
}

std::vector<std::string> seeds() {
  Logger logger;
  HastyClock clock;
  storage::Ledger ledger;
  FunctionLibraries libraries(ledger, logger, clock);
  const std::string code =
      "#!lua name=lib\nredis.register_function{function_name='f',callback=function(k,a) return a[1] "
      "end,flags={'no-writes'}}";
  static_cast<void>(libraries.load(code, false, false).ok());
  const std::string payload = libraries.dump();
  const auto choose = [](std::string text, char choice, char policy) { return text + choice + policy; };
  return {choose(code, 0, 0),
          choose("redis.register_function('f', function() return 1 end)", 1, 0),
          choose(payload, 2, 0),
          choose(payload, 3, 2),
          choose("#!lua name=before\nredis.register_function('g', function() end)", 0, 1),
          choose("while true do end", 1, 0)};
}

std::vector<std::string> words() {
  return {"#!lua name=",
          "redis.register_function",
          "function_name=",
          "callback=",
          "flags={",
          "'no-writes'",
          "'allow-stale'",
          "function(k,a)",
          " end ",
          "while true do",
          "setmetatable",
          "pcall",
          "string.rep('x',",
          "description=",
          "\xf5",
          "\xf6",
          "\n",
          "before"};
}

}  // namespace terrace::fuzz
