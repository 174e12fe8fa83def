#include "io/worker_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/io/testing.h"

namespace terrace::io {
namespace {

using testing::make_reactor;

TEST(WorkerPoolTest, RunsElsewhereAndResumesHere) {
  auto reactor = make_reactor();
  WorkerPool pool(*reactor, 2, "pool");
  auto run = [](WorkerPool& workers) -> Task<bool> {
    const std::thread::id here = std::this_thread::get_id();
    std::thread::id there;
    char name[16] = {};
    auto work = [&] {
      there = std::this_thread::get_id();
      pthread_getname_np(pthread_self(), name, sizeof name);
    };
    co_await workers.run(work);
    EXPECT_NE(there, here);
    EXPECT_EQ(std::this_thread::get_id(), here);
    EXPECT_EQ(std::string(name).substr(0, 5), "pool-");
    co_return there != std::thread::id();
  };
  EXPECT_TRUE(reactor->block_on(run(pool)));
}

TEST(WorkerPoolTest, ManyItemsFromManyCoroutines) {
  constexpr int kCoroutines = 100;
  constexpr int kRounds = 200;
  auto reactor = make_reactor();
  WorkerPool pool(*reactor, 4);
  std::atomic<int> worked{0};
  int resumed = 0;
  auto run = [](Reactor& loop, WorkerPool& workers, std::atomic<int>& done, int& count) -> Task<> {
    for (int round = 0; round < kRounds; ++round) {
      auto work = [&done] { done.fetch_add(1); };
      co_await workers.run(work);
      if (++count == kCoroutines * kRounds) loop.stop();
    }
  };
  for (int i = 0; i < kCoroutines; ++i) spawn(run(*reactor, pool, worked, resumed));
  reactor->run();
  EXPECT_EQ(worked.load(), kCoroutines * kRounds);
  EXPECT_EQ(resumed, kCoroutines * kRounds);
}

TEST(WorkerPoolTest, RestsWhenThereIsNothingMoreToDo) {
  static constexpr unsigned kThreads = 2;
  auto reactor = make_reactor();
  std::atomic<unsigned> rests{0};
  WorkerPool pool(*reactor, kThreads, "pool", [&rests] { ++rests; });
  auto run = [](Reactor& loop, WorkerPool& workers, std::atomic<unsigned>& rested) -> Task<bool> {
    co_await loop.sleep_ms(2 * WorkerPool::kRest.count());
    const unsigned before_work = rested.load();
    auto work = [] {};
    co_await workers.run(work);
    co_await loop.sleep_ms(2 * WorkerPool::kRest.count());
    // All threads have done it once, and then the one that worked.
    EXPECT_EQ(before_work, kThreads);
    EXPECT_EQ(rested.load(), kThreads + 1);
    co_return true;
  };
  EXPECT_TRUE(reactor->block_on(run(*reactor, pool, rests)));
}

TEST(WorkerPoolTest, WorksInParallel) {
  auto reactor = make_reactor();
  WorkerPool pool(*reactor, 2);
  std::atomic<int> inside{0};
  int finished = 0;
  // Each waits for the other in its function: with one thread this would never end.
  auto run = [](Reactor& loop, WorkerPool& workers, std::atomic<int>& meeting, int& done) -> Task<> {
    auto work = [&meeting] {
      meeting.fetch_add(1);
      while (meeting.load() < 2) std::this_thread::yield();
    };
    co_await workers.run(work);
    if (++done == 2) loop.stop();
  };
  spawn(run(*reactor, pool, inside, finished));
  spawn(run(*reactor, pool, inside, finished));
  reactor->run();
  EXPECT_EQ(finished, 2);
}

TEST(WorkerPoolTest, WhatWasSubmittedIsDoneThoughThePoolGoes) {
  auto reactor = make_reactor();
  std::atomic<int> worked{0};
  int resumed = 0;
  auto run = [](Reactor& loop, WorkerPool& workers, std::atomic<int>& done, int& count) -> Task<> {
    auto work = [&done] { done.fetch_add(1); };
    co_await workers.run(work);
    if (++count == 50) loop.stop();
  };
  {
    WorkerPool pool(*reactor, 1);
    for (int i = 0; i < 50; ++i) spawn(run(*reactor, pool, worked, resumed));
  }
  EXPECT_EQ(worked.load(), 50);
  EXPECT_EQ(resumed, 0);
  reactor->run();
  EXPECT_EQ(resumed, 50);
}

}  // namespace
}  // namespace terrace::io
