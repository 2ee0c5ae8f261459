#include "streams/log/stream_log.h"

#include "tests/streams/log/stream_log_fixture.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

TEST_F(StreamLogTest, EnableGivesALabelThatIsTheTimeOfTheCall) {
  enable();
  EXPECT_EQ(table.stream->label, "2026-02-03T04:05:06.789");
  const auto stream = log->find_stream(table.name.owner, "Orders", table.stream->label);
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(stream->requested, clock.now());
  EXPECT_EQ(stream->status, StreamStatus::kEnabled);
  EXPECT_EQ(stream->keys, table.keys);
  EXPECT_EQ(stream_arn(*stream),
            "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/2026-02-03T04:05:06.789");
}

TEST_F(StreamLogTest, EnableInTheSameMillisecondGivesTheNextFreeLabel) {
  enable();
  disable();
  enable();
  disable();
  enable();
  EXPECT_EQ(table.stream->label, "2026-02-03T04:05:06.791");
}

TEST_F(StreamLogTest, ListsStreamsByTableNameThenNewestFirst) {
  enable();
  disable();
  advance(seconds(1));
  enable();
  TableSchema other = table;
  other.stream.reset();
  other.id = 8;
  other.name.name = "Archive";
  TableSchema elsewhere = other;
  elsewhere.id = 9;
  elsewhere.name.owner.region = "eu-west-1";
  run([&](Txn& txn) {
    log->enable(txn, other, StreamViewType::kKeysOnly);
    log->enable(txn, elsewhere, StreamViewType::kKeysOnly);
  });
  std::vector<std::string> names;
  for (const auto& stream : log->streams(table.name.owner)) {
    names.push_back(stream->table.name + " " + stream->label);
  }
  EXPECT_THAT(names,
              ElementsAre("Archive 2026-02-03T04:05:07.789", "Orders 2026-02-03T04:05:07.789",
                          "Orders 2026-02-03T04:05:06.789"));
}

TEST_F(StreamLogTest, ANewStreamHasOneOpenShardOverAllKeys) {
  enable();
  ASSERT_EQ(shards().size(), 1U);
  const Shard first = shard();
  EXPECT_THAT(first.id, MatchesRegex("shardId-00000001770091506789-[0-9a-f]{8}"));
  EXPECT_TRUE(first.open());
  EXPECT_FALSE(first.parent_id);
  EXPECT_EQ(first.hash_low, 0U);
  EXPECT_EQ(first.hash_high, UINT64_MAX);
  EXPECT_EQ(first.start_sequence, 1U);
}

TEST_F(StreamLogTest, InitialShardsCoverAllKeysWithoutGapOrOverlap) {
  start({.initial_shards = 3});
  enable();
  auto all = shards();
  ASSERT_EQ(all.size(), 3U);
  std::sort(all.begin(), all.end(),
            [](const Shard& a, const Shard& b) { return a.hash_low < b.hash_low; });
  EXPECT_EQ(all[0].hash_low, 0U);
  EXPECT_EQ(all[1].hash_low, all[0].hash_high + 1);
  EXPECT_EQ(all[2].hash_low, all[1].hash_high + 1);
  EXPECT_EQ(all[2].hash_high, UINT64_MAX);
}

TEST_F(StreamLogTest, RecordsChangesInOrderWithGrowingNumbers) {
  enable();
  insert("a");
  insert("b");
  const auto records = read(shard());
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].sequence, 2U);  // 1 is the start of the shard.
  EXPECT_EQ(records[1].sequence, 3U);
  EXPECT_EQ(records[0].keys_json, R"({"pk":{"S":"a"},"sk":{"N":"3"}})");
  EXPECT_THAT(records[0].event_id, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(records[0].event_id, records[1].event_id);
  EXPECT_EQ(read(shard())[0].event_id, records[0].event_id);
}

TEST_F(StreamLogTest, ATableWithoutAStreamRecordsNothing) {
  enable();
  disable();
  insert("a");
  table.stream.reset();
  insert("b");
  EXPECT_THAT(log->shards(1), ::testing::SizeIs(1));
  EXPECT_THAT(read(log->shards(1)[0]), IsEmpty());
}

struct ImageCase {
  StreamViewType view;
  bool before, after;
  EventName event;
  bool new_image, old_image;
  std::uint64_t size;
};

// The sizes: key 9 + 4; item with state NEW 21, with state PAID 22. (behaviour/streams 4.3)
const ImageCase kImageCases[] = {
    {StreamViewType::kKeysOnly, false, true, EventName::kInsert, false, false, 13},
    {StreamViewType::kKeysOnly, true, true, EventName::kModify, false, false, 13},
    {StreamViewType::kKeysOnly, true, false, EventName::kRemove, false, false, 13},
    {StreamViewType::kNewImage, false, true, EventName::kInsert, true, false, 35},
    {StreamViewType::kNewImage, true, true, EventName::kModify, true, false, 35},
    {StreamViewType::kNewImage, true, false, EventName::kRemove, false, false, 13},
    {StreamViewType::kOldImage, false, true, EventName::kInsert, false, false, 13},
    {StreamViewType::kOldImage, true, true, EventName::kModify, false, true, 34},
    {StreamViewType::kOldImage, true, false, EventName::kRemove, false, true, 34},
    {StreamViewType::kNewAndOldImages, false, true, EventName::kInsert, true, false, 35},
    {StreamViewType::kNewAndOldImages, true, true, EventName::kModify, true, true, 56},
    {StreamViewType::kNewAndOldImages, true, false, EventName::kRemove, false, true, 34},
};

TEST_F(StreamLogTest, KeepsTheImagesThatTheViewTypeAsksFor) {
  const AttributeMap before = item("order#7", "NEW");
  const AttributeMap after = item("order#7", "PAID");
  for (const ImageCase& c : kImageCases) {
    SCOPED_TRACE(::testing::Message() << view_type_name(c.view) << ' ' << event_name_text(c.event));
    enable(c.view);
    run([&](Txn& txn) {
      change(txn, c.before ? &before : nullptr, c.after ? &after : nullptr);
    });
    const auto records = read(shard());
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].event, c.event);
    EXPECT_EQ(records[0].new_image_json,
              c.new_image ? std::optional(item_json(after)) : std::nullopt);
    EXPECT_EQ(records[0].old_image_json,
              c.old_image ? std::optional(item_json(before)) : std::nullopt);
    EXPECT_EQ(records[0].size_bytes, c.size);
    disable();
  }
}

TEST_F(StreamLogTest, MarksDeletionsByTimeToLive) {
  enable();
  const AttributeMap before = item("a", "NEW");
  run([&](Txn& txn) {
    change(txn, &before, nullptr, ChangeCause::kTimeToLive);
    change(txn, &before, nullptr);
  });
  const auto records = read(shard());
  ASSERT_EQ(records.size(), 2U);
  EXPECT_TRUE(records[0].by_ttl);
  EXPECT_FALSE(records[1].by_ttl);
}

TEST_F(StreamLogTest, ReadsFromAPositionUpToALimit) {
  enable();
  for (const char* pk : {"a", "b", "c"}) insert(pk);
  const auto records = read(shard(), 2, 1);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].sequence, 3U);
  EXPECT_THAT(read(shard(), 4), IsEmpty());
  EXPECT_THAT(read(shard(), UINT64_MAX), IsEmpty());
}

TEST_F(StreamLogTest, ReadsUpToABoundOfBytesButAtLeastOneRecord) {
  enable(StreamViewType::kKeysOnly);
  for (const char* pk : {"a", "b", "c"}) insert(pk);  // 7 bytes each.
  EXPECT_EQ(read(shard(), 0, 1000, 14).size(), 2U);
  EXPECT_EQ(read(shard(), 0, 1000, 13).size(), 1U);
  EXPECT_EQ(read(shard(), 0, 1000, 1).size(), 1U);
}

TEST_F(StreamLogTest, LatestIsBehindTheNewestRecord) {
  enable();
  EXPECT_EQ(latest(shard()), 1U);
  insert("a");
  EXPECT_EQ(latest(shard()), 2U);
  EXPECT_EQ(StreamLog::trim_horizon(shard()), 0U);
}

TEST_F(StreamLogTest, RecordTimesNeverGoBack) {
  enable();
  insert("a");
  const Instant first = clock.now();
  advance(-hours(2));
  insert("b");
  const auto records = read(shard());
  EXPECT_EQ(records[0].created, first);
  EXPECT_EQ(records[1].created, first);
}

TEST_F(StreamLogTest, GoesOnAfterARestart) {
  enable();
  insert("a");
  const Shard closed = shard();
  const Shard child = roll_over(closed);
  insert("b");
  const auto key_before = log->iterator_key();
  start({});
  EXPECT_EQ(log->iterator_key(), key_before);
  ASSERT_EQ(shards().size(), 2U);
  EXPECT_EQ(shard(0).id, closed.id);
  EXPECT_EQ(shard(0).end_sequence, 2U);
  EXPECT_EQ(shard(1).parent_id, closed.id);
  insert("c");
  EXPECT_THAT(keys_in(child), ElementsAre("b", "c"));
  EXPECT_EQ(read(child)[1].sequence, 5U);
}

TEST_F(StreamLogTest, TimesDoNotGoBackOverARestart) {
  enable();
  insert("a");
  const Instant first = clock.now();
  advance(-hours(2));
  start({});
  insert("b");
  EXPECT_EQ(read(shard())[1].created, first);
}

TEST_F(StreamLogTest, ARolledBackWriteLeavesNoRecord) {
  enable();
  insert("a");
  run_and_fail([&](Txn& txn) { insert(txn, "lost"); });
  EXPECT_EQ(latest(shard()), 2U);
  insert("b");
  EXPECT_THAT(keys_in(shard()), ElementsAre("a", "b"));
}

TEST_F(StreamLogTest, ARolledBackEnableLeavesNoStream) {
  run_and_fail([&](Txn& txn) { log->enable(txn, table, StreamViewType::kKeysOnly); });
  EXPECT_THAT(log->streams(table.name.owner), IsEmpty());
  enable();
  EXPECT_EQ(table.stream->label, "2026-02-03T04:05:06.789");
}

TEST_F(StreamLogTest, ARolledBackDisableLeavesTheStreamEnabled) {
  enable();
  insert("a");
  run_and_fail([&](Txn& txn) {
    insert(txn, "lost");
    log->disable(txn, table);
  });
  EXPECT_TRUE(shard().open());
  EXPECT_EQ(log->find_stream(stream_id())->status, StreamStatus::kEnabled);
  insert("b");
  EXPECT_THAT(keys_in(shard()), ElementsAre("a", "b"));
  EXPECT_EQ(latest(shard()), read(shard()).back().sequence);
}

TEST_F(StreamLogTest, ARolledBackRollOverLeavesTheShardOpen) {
  enable();
  insert("a");
  run_and_fail([&](Txn& txn) {
    insert(txn, "lost");
    ASSERT_TRUE(log->roll_over(txn, stream_id(), shard().id));
    insert(txn, "lost too");
  });
  ASSERT_EQ(shards().size(), 1U);
  EXPECT_TRUE(shard().open());
  insert("b");
  EXPECT_THAT(keys_in(shard()), ElementsAre("a", "b"));
}

TEST_F(StreamLogTest, TellsListenersOncePerStreamAndCommit) {
  enable();
  std::vector<std::uint64_t> news;
  const auto subscription = log->subscribe([&](std::uint64_t id) { news.push_back(id); });
  run([&](Txn& txn) {
    insert(txn, "a");
    insert(txn, "b");
    EXPECT_THAT(news, IsEmpty());
  });
  EXPECT_THAT(news, ElementsAre(stream_id()));
  roll_over(shard());
  EXPECT_EQ(news.size(), 2U);
  disable();
  EXPECT_EQ(news.size(), 3U);
  log->unsubscribe(subscription);
  enable();
  EXPECT_EQ(news.size(), 3U);
}

TEST_F(StreamLogTest, TellsListenersNothingOfARolledBackWrite) {
  enable();
  int calls = 0;
  log->subscribe([&](std::uint64_t) { ++calls; });
  run_and_fail([&](Txn& txn) { insert(txn, "lost"); });
  EXPECT_EQ(calls, 0);
  insert("a");
  EXPECT_EQ(calls, 1);
}

TEST_F(StreamLogTest, ExpiringIteratorsBeginsANewEpochThatOutlastsARestart) {
  enable();
  run([&](Txn& txn) { ASSERT_TRUE(log->expire_iterators(txn, stream_id())); });
  EXPECT_EQ(log->find_stream(stream_id())->iterator_epoch, 1U);
  start({});
  EXPECT_EQ(log->find_stream(stream_id())->iterator_epoch, 1U);
  run([&](Txn& txn) { EXPECT_FALSE(log->expire_iterators(txn, 999)); });
}

}  // namespace
}  // namespace tailrace
