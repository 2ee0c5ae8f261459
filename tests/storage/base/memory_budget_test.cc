#include "storage/base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tailrace {
namespace {

TEST(MemoryBudget, GivesUpToItsLimitAndNoByteMore) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.try_take(60));
  EXPECT_FALSE(budget.try_take(41));
  EXPECT_FALSE(budget.try_take(SIZE_MAX));
  EXPECT_TRUE(budget.try_take(40));
  EXPECT_TRUE(budget.full());
  budget.give(1);
  EXPECT_FALSE(budget.full());
  EXPECT_EQ(budget.used(), 99U);
}

TEST(MemoryBudget, WhatMustNotFailGoesBeyondIt) {
  MemoryBudget budget(100);
  budget.take(150);
  EXPECT_FALSE(budget.try_take(1));
  budget.give(150);
  EXPECT_TRUE(budget.try_take(100));
}

TEST(MemoryBudget, ThreadsTogetherTakeNoMoreThanThereIs) {
  MemoryBudget budget(1000);
  std::vector<std::thread> threads;
  std::atomic<int> taken = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (budget.try_take(3)) ++taken;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 333);
}

TEST(MemoryShare, GrowsShrinksAndIsGivenBack) {
  MemoryBudget budget(100);
  {
    MemoryShare share(&budget);
    EXPECT_TRUE(share.try_hold(80));
    EXPECT_FALSE(share.try_hold(101));
    EXPECT_EQ(share.bytes(), 80U);
    EXPECT_TRUE(share.try_hold(20));
    EXPECT_EQ(budget.used(), 20U);
    share.hold(300);
    EXPECT_EQ(budget.used(), 300U);
    const MemoryShare moved(std::move(share));
    EXPECT_EQ(budget.used(), 300U);
  }
  EXPECT_EQ(budget.used(), 0U);
  MemoryShare uncounted;
  EXPECT_TRUE(uncounted.try_hold(SIZE_MAX));
}

}  // namespace
}  // namespace tailrace
