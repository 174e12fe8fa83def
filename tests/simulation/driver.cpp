#include "tests/simulation/driver.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "io/result.h"

namespace terrace::simulation {

namespace {

constexpr time_t kMostSecondsPerSeed = 30;  // of CPU; a seed takes well under a second, more is a hang
constexpr rlim_t kMostMemory = rlim_t{8} << 30;
constexpr std::size_t kWordsKept = 4000;

std::string read_all(int file) {
  std::string words(static_cast<std::size_t>(std::max<off_t>(lseek(file, 0, SEEK_END), 0)), '\0');
  const ssize_t size = pread(file, words.data(), words.size(), 0);
  words.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (words.size() > kWordsKept) words.erase(0, words.size() - kWordsKept);
  return words;
}

// A hang, a broken invariant or a bad access: says where.
void tell_stack(int signal) {
  static void* frames[64];
  const int count = backtrace(frames, 64);
  backtrace_symbols_fd(frames, count, STDERR_FILENO);
  ::signal(signal, SIG_DFL);
  raise(signal);
}

std::string words_of(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) return "hung: no end after its time\n";
  if (WIFSIGNALED(status)) return std::string("ended by signal ") + strsignal(WTERMSIG(status)) + "\n";
  return "";
}

}  // namespace

std::int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void Driver::be_child(std::uint64_t seed, int report_pipe, int output) {
  dup2(output, STDERR_FILENO);
  dup2(output, STDOUT_FILENO);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__)
  const rlimit memory{kMostMemory, kMostMemory};
  setrlimit(RLIMIT_DATA, &memory);
#endif
  for (const int signal : {SIGPROF, SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) ::signal(signal, tell_stack);
  const itimerval bound{.it_interval = {}, .it_value = {.tv_sec = kMostSecondsPerSeed, .tv_usec = 0}};
  setitimer(ITIMER_PROF, &bound, nullptr);
  if (preparation_) preparation_();
  const Report report = course_.run(seed, false);
  const ssize_t written = write(report_pipe, &report, sizeof report);
  std::_Exit(written == sizeof report ? 0 : 1);
}

Driver::Child Driver::start(std::uint64_t seed) {
  Child child{.seed = seed, .start_ms = now_ms()};
  int ends[2] = {-1, -1};
  TERRACE_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  child.output = memfd_create("terrace-sim", MFD_CLOEXEC);
  std::fflush(stdout);
  std::fflush(stderr);
  child.pid = fork();
  TERRACE_CHECK(child.pid >= 0);
  if (child.pid == 0) be_child(seed, ends[1], child.output);
  close(ends[1]);
  child.report_pipe = ends[0];
  return child;
}

SeedResult Driver::collect(Child& child, int status) {
  SeedResult result{.seed = child.seed, .passed = false, .words = {}, .report = {}};
  const ssize_t size = read(child.report_pipe, &result.report, sizeof result.report);
  result.passed = WIFEXITED(status) && WEXITSTATUS(status) == 0 && size == sizeof result.report;
  if (!result.passed) result.words = read_all(child.output) + words_of(status);
  close(child.report_pipe);
  close(child.output);
  return result;
}

bool Driver::reap(std::vector<Child>& children, const std::function<bool(const SeedResult&)>& done) {
  int status = 0;
  const pid_t pid = waitpid(-1, &status, 0);
  auto child = std::find_if(children.begin(), children.end(), [pid](const Child& other) { return other.pid == pid; });
  if (child == children.end()) return true;
  const SeedResult result = collect(*child, status);
  children.erase(child);
  return done(result);
}

void Driver::run(const std::function<bool(std::uint64_t&)>& next, const std::function<bool(const SeedResult&)>& done) {
  std::vector<Child> children;
  bool more = true;
  std::uint64_t seed = 0;
  while (more || !children.empty()) {
    while (more && children.size() < jobs_) {
      more = next(seed);
      if (more) children.push_back(start(seed));
    }
    if (!children.empty() && !reap(children, done)) more = false;
  }
}

SeedResult Driver::run_one(std::uint64_t seed) {
  SeedResult result;
  bool given = false;
  run([&](std::uint64_t& next) { return next = seed, !std::exchange(given, true); },
      [&](const SeedResult& one) { return result = one, true; });
  return result;
}

}  // namespace terrace::simulation
