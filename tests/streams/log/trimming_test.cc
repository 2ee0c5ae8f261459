#include "streams/log/stream_maintenance.h"
#include "tests/streams/log/stream_log_fixture.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Trimming : public StreamLogTest {
 protected:
  Trimming() { start({.shard_age_max = Millis(0)}); }
};

TEST_F(Trimming, DeletesRecordsThatArePastRetention) {
  enable();
  insert("a");
  advance(hours(1));
  insert("b");
  advance(hours(23) - Millis(1));
  trim();
  EXPECT_THAT(keys_in(shard()), ElementsAre("a", "b"));
  advance(Millis(1));
  trim();
  EXPECT_THAT(keys_in(shard()), ElementsAre("b"));
  EXPECT_EQ(shard().trimmed_sequence, 2U);
  EXPECT_EQ(shard().start_sequence, 1U);
  EXPECT_EQ(StreamLog::trim_horizon(shard()), 2U);
}

TEST_F(Trimming, WorksInSlicesOfTheSizeAsked) {
  enable();
  for (int i = 0; i < 10; ++i) insert("a");
  advance(hours(24));
  EXPECT_GE(trim(4), 3);
  EXPECT_THAT(keys_in(shard()), IsEmpty());
  EXPECT_EQ(shard().trimmed_sequence, 11U);
  insert("b");
  EXPECT_EQ(read(shard())[0].sequence, 12U);
}

TEST_F(Trimming, LooksAtShardsAgainWhenTheyGetNewRecords) {
  enable();
  trim();
  insert("a");
  advance(hours(24));
  trim();
  EXPECT_THAT(keys_in(shard()), IsEmpty());
}

TEST_F(Trimming, WhatIsTrimmedStaysTrimmedOverARestart) {
  enable();
  insert("a");
  insert("b");
  advance(hours(24));
  trim();
  start({.shard_age_max = Millis(0)});
  EXPECT_EQ(shard().trimmed_sequence, 3U);
  EXPECT_EQ(latest(shard()), 3U);
  insert("c");
  EXPECT_EQ(read(shard())[0].sequence, 4U);
}

TEST_F(Trimming, ARolledBackSliceLeavesTheRecordsAndIsRepeated) {
  enable();
  insert("a");
  advance(hours(24));
  run_and_fail([&](Txn& txn) { log->trim_slice(txn, 10); });
  EXPECT_THAT(keys_in(shard()), ElementsAre("a"));
  EXPECT_EQ(shard().trimmed_sequence, 0U);
  trim();
  EXPECT_THAT(keys_in(shard()), IsEmpty());
}

TEST_F(Trimming, AClosedShardStaysForTheRetentionTimeThenGoesParentsFirst) {
  enable();
  insert("a");
  const Shard parent = shard();
  advance(hours(1));
  const Shard child = roll_over(parent);
  roll_over(child);
  advance(hours(24) - Millis(1));
  trim();
  EXPECT_THAT(shards(), SizeIs(3));
  EXPECT_THAT(keys_in(parent), IsEmpty());
  advance(Millis(1));
  trim();
  ASSERT_THAT(shards(), SizeIs(1));
  EXPECT_EQ(shard().parent_id, child.id);  // The parent need not be listed any more.
  EXPECT_TRUE(shard().open());
}

TEST_F(Trimming, AChildDoesNotGoBeforeItsParent) {
  enable();
  const Shard parent = shard();
  advance(hours(10));
  roll_over(parent);
  // The clock is set back before the child closes: its time still is not before the parent's.
  advance(-hours(9));
  roll_over(shard(1));
  EXPECT_GE(*shard(1).closed, *shard(0).closed);
}

TEST_F(Trimming, ADisabledStreamGoesAfterTheRetentionTime) {
  enable();
  insert("a");
  const std::uint64_t id = stream_id();
  advance(hours(3));
  disable();
  advance(hours(24) - Millis(1));
  trim();
  EXPECT_THAT(log->shards(id), SizeIs(1));
  advance(Millis(1));
  trim();
  EXPECT_EQ(log->find_stream(id), nullptr);
  EXPECT_THAT(log->streams(table.name.owner), IsEmpty());
  start({});
  EXPECT_THAT(log->streams(table.name.owner), IsEmpty());
}

TEST_F(Trimming, TheIdOfAStreamThatIsGoneIsNotUsedAgain) {
  enable();
  const std::uint64_t id = stream_id();
  disable();
  advance(hours(24));
  trim();
  start({});
  enable();
  EXPECT_GT(stream_id(), id);
}

TEST_F(Trimming, ByCommandDeletesThroughANumberWhateverTheAge) {
  enable();
  for (const char* pk : {"a", "b", "c"}) insert(pk);
  bool more = true;
  run([&](Txn& txn) { more = log->trim_slice(txn, stream_id(), shard().id, 3, 100); });
  EXPECT_FALSE(more);
  EXPECT_THAT(keys_in(shard()), ElementsAre("c"));
  EXPECT_EQ(shard().trimmed_sequence, 3U);
  run([&](Txn& txn) { more = log->trim_slice(txn, stream_id(), std::nullopt, UINT64_MAX, 100); });
  EXPECT_THAT(keys_in(shard()), IsEmpty());
}

TEST_F(Trimming, ByCommandWorksInSlicesToo) {
  enable();
  for (const char* pk : {"a", "b", "c"}) insert(pk);
  bool more = false;
  run([&](Txn& txn) { more = log->trim_slice(txn, stream_id(), std::nullopt, UINT64_MAX, 2); });
  EXPECT_TRUE(more);
  EXPECT_THAT(keys_in(shard()), ElementsAre("c"));
}

TEST_F(Trimming, AShardThatWasTrimmedEmptyEndsAtItsNewestRecord) {
  enable();
  insert("a");
  advance(hours(24));
  trim();
  roll_over(shard());
  EXPECT_EQ(shard(0).end_sequence, 2U);
}

TEST_F(Trimming, TheTimerTrimsAndRollsOverIdleShards) {
  start({.shard_age_max = hours(4)});
  ManualScheduler scheduler(clock);
  enable();
  for (int i = 0; i < 200; ++i) insert("a");
  {
    StreamMaintenance maintenance(
        queue, scheduler, [&](Task task) { scheduler.post(std::move(task)); }, clock, *log);
    scheduler.advance(hours(4) + seconds(60));
    EXPECT_THAT(shards(), SizeIs(2));
    EXPECT_EQ(keys_in(shard(0)).size(), 200U);
    scheduler.advance(hours(20));
    // The first closed after four hours and is listed for another 24; its records are gone.
    EXPECT_THAT(shards(), SizeIs(7));
    EXPECT_THAT(keys_in(shard(0)), IsEmpty());
    scheduler.advance(hours(100));
    EXPECT_THAT(shards(), SizeIs(7));
  }
  EXPECT_EQ(scheduler.timer_count(), 0U);
}

}  // namespace
}  // namespace tailrace
