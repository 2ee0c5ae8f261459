#include "storage/engine/slices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/storage/engine/faulty_engine.h"
#include "tests/storage/engine/map_engine.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;

class Slices : public ::testing::Test {
 protected:
  // Puts one row a slice, `count` of them.
  void run(int count) {
    run_in_slices(
        queue, [this](Task task) { scheduler.post(std::move(task)); },
        [this, count](Txn& txn) {
          ++slices;
          txn.put("row", "value");
          return slices < count;
        },
        [this](const EngineError* error) { failed.push_back(error != nullptr); });
  }

  ManualClock clock;
  ManualScheduler scheduler{clock};
  const std::shared_ptr<Faults> faults = std::make_shared<Faults>();
  EngineQueue queue{std::make_unique<FaultyEngine>(std::make_unique<MapEngine>(), faults), {}};
  int slices = 0;
  std::vector<bool> failed;  // Each call of `done`.
};

TEST_F(Slices, TheNextOneComesAfterThePause) {
  run(3);
  EXPECT_EQ(slices, 1);
  queue.run([](Txn&) {});  // Whoever drains the queue is not held.
  EXPECT_EQ(slices, 1);
  EXPECT_TRUE(scheduler.run_one_posted());
  EXPECT_EQ(slices, 2);
  EXPECT_THAT(failed, ElementsAre());
  EXPECT_TRUE(scheduler.run_one_posted());
  EXPECT_EQ(slices, 3);
  EXPECT_THAT(failed, ElementsAre(false));
  EXPECT_FALSE(scheduler.run_one_posted());
}

TEST_F(Slices, AnEngineThatFailsEndsThem) {
  faults->fail_commit = 1;
  run(3);
  EXPECT_THAT(failed, ElementsAre(true));
  EXPECT_FALSE(scheduler.run_one_posted());
}

}  // namespace
}  // namespace tailrace
