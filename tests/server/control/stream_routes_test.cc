#include "server/control/stream_routes.h"

#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/server/control/control_fixture.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::control {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class StreamRoutes : public ::testing::Test {
 protected:
  StreamRoutes() {
    table.id = 7;
    table.name = {.owner = {.account = "000000000000", .region = "us-east-1"}, .name = "Orders"};
    table.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
    queue.run([&](Txn& txn) { table.stream = log.enable(txn, table, StreamViewType::kKeysOnly); });
    arn = stream_arn(*log.find_stream(table.stream->stream_id));
    add_stream_routes(api, world, [this](Task task) { scheduler.post(std::move(task)); });
  }

  void insert(int count) {
    for (int i = 0; i < count; ++i) {
      AttributeMap item;
      item.set("pk", {str_cat("key", i)});
      const Buffer row = encode_item(item);
      const StoredItem after(row);
      queue.run([&](Txn& txn) {
        log.on_change(txn, {.table = table, .before = nullptr, .after = &after});
      });
    }
  }
  Answer post(std::string_view command, std::string_view members) {
    return call(api, "POST", str_cat("streams/", command),
                str_cat(R"({"StreamArn":")", arn, '"', members, '}'),
                [this] { scheduler.run_posted(); });
  }
  std::vector<Shard> shards() const { return log.shards(table.stream->stream_id); }
  std::size_t record_count(const Shard& shard) {
    std::size_t count = 0;
    queue.run([&](Txn& txn) { count = log.read(txn, shard, 0, 1000, 1 << 20).size(); });
    return count;
  }

  ManualClock clock;
  ManualScheduler scheduler{clock};
  Store store{open_sqlite({}), clock, scheduler};
  ops::World world{{}, store};
  EngineQueue& queue = store.queue;
  StreamLog& log = store.stream_log;
  TableSchema table;
  std::string arn;
  ControlApi api;
};

TEST_F(StreamRoutes, RollOverAnswersWithTheChildren) {
  const Answer answer = post("rollover", "");
  EXPECT_EQ(answer.status, 200);
  ASSERT_THAT(shards(), SizeIs(2));
  EXPECT_EQ(answer.body, str_cat(R"({"Shards":[{"ShardId":")", shards()[1].id,
                                 R"(","ParentShardId":")", shards()[0].id, R"("}]})"));
}

TEST_F(StreamRoutes, SplitTakesOneShardOrAll) {
  EXPECT_EQ(post("split", str_cat(R"(,"ShardId":")", shards()[0].id, '"')).status, 200);
  EXPECT_THAT(shards(), SizeIs(3));
  EXPECT_EQ(post("split", "").status, 200);
  EXPECT_THAT(shards(), SizeIs(7));
}

TEST_F(StreamRoutes, SplitsNoFurtherThanOpenShardsMay) {
  const auto splits = [&] { return post("split", "").status; };
  for (int open = 1; open < 256; open *= 2) EXPECT_EQ(splits(), 200);
  const std::size_t before = shards().size();
  const Answer answer = post("split", "");
  EXPECT_THAT(answer.body, HasSubstr("LimitExceededException"));
  EXPECT_THAT(answer.body, HasSubstr("at most 256 open shards"));
  EXPECT_EQ(post("split", str_cat(R"(,"ShardId":")", shards().back().id, '"')).status, 400);
  EXPECT_THAT(shards(), SizeIs(before));
}

TEST_F(StreamRoutes, RefusesClosedAndUnknownShards) {
  post("rollover", "");
  const Answer closed = post("split", str_cat(R"(,"ShardId":")", shards()[0].id, '"'));
  EXPECT_EQ(closed.status, 400);
  EXPECT_THAT(closed.body, HasSubstr("ValidationException"));
  const Answer unknown = post("rollover", R"(,"ShardId":"shardId-x")");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("ResourceNotFoundException"));
  EXPECT_THAT(shards(), SizeIs(2));
}

TEST_F(StreamRoutes, RefusesUnknownStreamsAndMembers) {
  arn.back() ^= 1;
  for (const char* command : {"rollover", "split", "trim", "expire-iterators"}) {
    EXPECT_THAT(post(command, "").body, HasSubstr("ResourceNotFoundException")) << command;
    EXPECT_THAT(post(command, R"(,"Shard":"x")").body, HasSubstr("Unknown member Shard"))
        << command;
  }
  EXPECT_THAT(call(api, "POST", "streams/trim").body, HasSubstr("StreamArn is required"));
}

TEST_F(StreamRoutes, TrimDeletesAllRecordsOrThroughANumber) {
  insert(200);
  EXPECT_EQ(post("trim", R"(,"ThroughSequenceNumber":"100000000000000000003")").status, 200);
  EXPECT_EQ(record_count(shards()[0]), 198U);
  EXPECT_THAT(post("trim", R"(,"ThroughSequenceNumber":"3")").body,
              HasSubstr("Invalid ThroughSequenceNumber"));
  EXPECT_EQ(post("trim", "").status, 200);
  EXPECT_EQ(record_count(shards()[0]), 0U);
}

TEST_F(StreamRoutes, ExpireIteratorsBeginsANewEpoch) {
  EXPECT_EQ(post("expire-iterators", "").status, 200);
  EXPECT_EQ(log.find_stream(table.stream->stream_id)->iterator_epoch, 1U);
  EXPECT_EQ(call(api, "POST", "streams/expire-iterators").status, 200);
  EXPECT_EQ(log.find_stream(table.stream->stream_id)->iterator_epoch, 2U);
}

}  // namespace
}  // namespace tailrace::control
