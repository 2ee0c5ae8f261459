#include <algorithm>

#include "tests/streams/log/stream_log_fixture.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ShardLife : public StreamLogTest {};

TEST_F(ShardLife, RollsOverWhenAWriteFindsTheShardTooOld) {
  enable();
  insert("a");
  advance(hours(4) - Millis(1));
  insert("b");
  ASSERT_EQ(shards().size(), 1U);
  advance(Millis(1));
  insert("c");
  ASSERT_EQ(shards().size(), 2U);
  EXPECT_THAT(keys_in(shard(0)), ElementsAre("a", "b"));
  EXPECT_THAT(keys_in(shard(1)), ElementsAre("c"));
  EXPECT_EQ(shard(0).end_sequence, 3U);
  EXPECT_EQ(shard(0).closed, clock.now());
  EXPECT_EQ(shard(1).parent_id, shard(0).id);
  EXPECT_EQ(shard(1).start_sequence, 4U);
}

TEST_F(ShardLife, RollsIdleShardsOverByTheTimer) {
  enable();
  advance(hours(4));
  bool more = true;
  run([&](Txn& txn) { more = log->roll_over_aged(txn, 10); });
  EXPECT_FALSE(more);
  ASSERT_EQ(shards().size(), 2U);
  EXPECT_EQ(shard(0).end_sequence, shard(0).start_sequence);  // It never held a record.
}

TEST_F(ShardLife, RollsOverNoMoreShardsAtOnceThanAsked) {
  start({.initial_shards = 3});
  enable();
  advance(hours(4));
  bool more = false;
  run([&](Txn& txn) { more = log->roll_over_aged(txn, 2); });
  EXPECT_TRUE(more);
  EXPECT_EQ(shards().size(), 5U);
  run([&](Txn& txn) { more = log->roll_over_aged(txn, 2); });
  EXPECT_FALSE(more);
  EXPECT_EQ(shards().size(), 6U);
}

TEST_F(ShardLife, NeverRollsOverWhenTheAgeIsZero) {
  start({.shard_age_max = Millis(0)});
  enable();
  advance(hours(1000));
  insert("a");
  run([&](Txn& txn) { log->roll_over_aged(txn, 10); });
  EXPECT_EQ(shards().size(), 1U);
}

TEST_F(ShardLife, AChildSortsBehindItsParentEvenIfTheClockWentBack) {
  enable();
  advance(-hours(1));
  const Shard child = roll_over(shard());
  EXPECT_EQ(child.created, shard(0).created + Millis(1));
  EXPECT_LT(shard(0).id, child.id);
  EXPECT_EQ(shard(1).id, child.id);
}

TEST_F(ShardLife, AClosedShardCannotRollOverOrSplitAgain) {
  enable();
  const Shard parent = shard();
  roll_over(parent);
  run([&](Txn& txn) {
    const auto again = log->roll_over(txn, stream_id(), parent.id);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kValidationException);
    EXPECT_FALSE(log->split(txn, stream_id(), parent.id));
    const auto unknown = log->split(txn, stream_id(), "shardId-00000000000000000000-00000000");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kResourceNotFoundException);
  });
  EXPECT_EQ(shards().size(), 2U);
}

TEST_F(ShardLife, SplittingGivesTwoChildrenThatShareTheKeys) {
  enable();
  insert("before");
  const Shard parent = shard();
  const auto children = split(parent);
  ASSERT_EQ(children.size(), 2U);
  EXPECT_EQ(children[0].parent_id, parent.id);
  EXPECT_EQ(children[1].parent_id, parent.id);
  EXPECT_EQ(children[0].hash_low, 0U);
  EXPECT_EQ(children[0].hash_high + 1, children[1].hash_low);
  EXPECT_EQ(children[1].hash_high, UINT64_MAX);
  EXPECT_GT(children[0].start_sequence, *shard(0).end_sequence);

  for (int i = 0; i < 100; ++i) insert("key" + std::to_string(i % 50));
  const auto left = keys_in(children[0]);
  const auto right = keys_in(children[1]);
  EXPECT_EQ(left.size() + right.size(), 100U);
  EXPECT_GT(left.size(), 20U);
  EXPECT_GT(right.size(), 20U);
  for (const std::string& key : left) {
    EXPECT_THAT(right, ::testing::Not(::testing::Contains(key)));
  }
  EXPECT_THAT(keys_in(parent), ElementsAre("before"));
}

TEST_F(ShardLife, KeysStayInTheirShardsOverARestart) {
  enable();
  split(shard());
  insert("a");
  insert("b");
  insert("c");
  start({});
  insert("a");
  insert("b");
  insert("c");
  for (const Shard& part : shards()) {
    auto keys = keys_in(part);
    EXPECT_EQ(keys.size() % 2, 0U);
    const auto half = static_cast<std::ptrdiff_t>(keys.size() / 2);
    EXPECT_TRUE(std::equal(keys.begin(), keys.begin() + half, keys.begin() + half));
  }
}

TEST_F(ShardLife, SplitsAShardThatIsWrittenTooFast) {
  start({.split_rate = 10, .split_age_min = seconds(30)});
  enable();
  for (int i = 0; i < 20; ++i) insert("a");
  EXPECT_EQ(shards().size(), 1U);  // Too young.
  advance(seconds(30));
  for (int i = 0; i < 10; ++i) insert("a");
  EXPECT_EQ(shards().size(), 1U);
  insert("a");
  EXPECT_EQ(shards().size(), 3U);
  EXPECT_FALSE(shard(0).open());
  EXPECT_EQ(keys_in(shard(0)).size(), 30U);
  EXPECT_EQ(keys_in(shard(1)).size() + keys_in(shard(2)).size(), 1U);
}

TEST_F(ShardLife, DoesNotSplitWhenWritesAreSpreadOverTime) {
  start({.split_rate = 10, .split_age_min = Millis(0)});
  enable();
  for (int i = 0; i < 100; ++i) {
    insert("a");
    advance(Millis(200));
  }
  EXPECT_EQ(shards().size(), 1U);
}

TEST_F(ShardLife, DoesNotSplitBeyondTheGreatestNumberOfOpenShards) {
  start({.split_rate = 1, .split_age_min = Millis(0), .open_shards_max = 2});
  enable();
  for (int i = 0; i < 100; ++i) insert("key" + std::to_string(i));
  EXPECT_EQ(shards().size(), 3U);
}

TEST_F(ShardLife, DisablingClosesAllShardsAndOpensNone) {
  start({.initial_shards = 2});
  enable();
  insert("a");
  disable();
  EXPECT_EQ(shards().size(), 2U);
  for (const Shard& closed : shards()) {
    EXPECT_FALSE(closed.open());
    EXPECT_TRUE(closed.closed.has_value());
  }
  const auto stream = log->find_stream(stream_id());
  EXPECT_EQ(stream->status, StreamStatus::kDisabled);
  EXPECT_EQ(stream->disabled, clock.now());
  EXPECT_EQ(keys_in(shard(0)).size() + keys_in(shard(1)).size(), 1U);
}

TEST_F(ShardLife, EnablingAgainGivesAnotherStreamWithNumbersOfItsOwn) {
  enable();
  insert("a");
  const std::uint64_t first = stream_id();
  disable();
  enable();
  EXPECT_NE(stream_id(), first);
  insert("b");
  EXPECT_THAT(keys_in(shard()), ElementsAre("b"));
  EXPECT_THAT(keys_in(log->shards(first)[0]), ElementsAre("a"));
}

}  // namespace
}  // namespace tailrace
