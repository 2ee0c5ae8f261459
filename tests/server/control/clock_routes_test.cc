#include "server/control/clock_routes.h"

#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "storage/schema/key_layout.h"
#include "storage/table/background.h"
#include "streams/log/stream_maintenance.h"
#include "tests/server/control/control_fixture.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::control {
namespace {

using ::testing::HasSubstr;

// A clock that may be headed for some time, as the product's.
class HeadedClock final : public Clock {
 public:
  explicit HeadedClock(const ManualClock& clock) : clock_(clock) {}
  Instant now() const override { return clock_.now(); }
  Instant heading_for() const override { return std::max(now(), target); }
  Instant target = Instant::min();

 private:
  const ManualClock& clock_;
};

class ManualTime final : public ControlledTime {
 public:
  Instant now() const override { return clock.now(); }
  bool frozen() const override { return frozen_; }
  void freeze() override { frozen_ = true; }
  void resume() override { frozen_ = false; }
  void set(Instant now) override { clock.set(now); }
  bool step_clock(Instant target) override {
    ++steps;
    return scheduler.step(target);
  }
  void head_for(Instant target) override { headed.target = target; }
  bool has_posted() const override { return scheduler.has_posted(); }

  ManualClock clock;
  ManualScheduler scheduler{clock};
  HeadedClock headed{clock};
  int steps = 0;

 private:
  bool frozen_ = false;
};

class ClockRoutes : public ::testing::Test {
 protected:
  ClockRoutes() { commands.add_routes(api); }

  void settle(std::function<void(Settled)> done) {
    ++settled;
    time.scheduler.post([done = std::move(done)] { done(Settled::kDone); });
  }
  Answer put(std::string_view body) {
    return call(api, "PUT", "clock", body, [this] {
      while (time.scheduler.run_one_posted()) {
      }
    });
  }

  ManualTime time;
  ClockCommands commands{time, [this](auto done) { settle(std::move(done)); }};
  ControlApi api;
  int settled = 0;
};

TEST_F(ClockRoutes, ShowsTheTime) {
  EXPECT_EQ(call(api, "GET", "clock").body, R"({"Now":"2026-02-03T04:05:06.789Z","Frozen":false})");
}

TEST_F(ClockRoutes, FreezesSetsAdvancesAndResumes) {
  EXPECT_THAT(put(R"({"Freeze":true})").body, HasSubstr(R"("Frozen":true)"));
  EXPECT_EQ(put(R"({"Set":"2026-01-01T00:00:00Z"})").body,
            R"({"Now":"2026-01-01T00:00:00.000Z","Frozen":true})");
  EXPECT_EQ(put(R"({"AdvanceSeconds":86400.5})").body,
            R"({"Now":"2026-01-02T00:00:00.500Z","Frozen":true})");
  EXPECT_THAT(put(R"({"Resume":true})").body, HasSubstr(R"("Frozen":false)"));
}

TEST_F(ClockRoutes, RunsWhatBecomesDueBeforeItAnswers) {
  bool ran = false;
  time.scheduler.run_at(time.now() + std::chrono::hours(1), [&] { ran = true; });
  put(R"({"AdvanceSeconds":3599})");
  EXPECT_FALSE(ran);
  put(R"({"AdvanceSeconds":1})");
  EXPECT_TRUE(ran);
  EXPECT_GT(settled, 0);
}

TEST_F(ClockRoutes, RunsWhatSetMadeDueAndWhatThatPosts) {
  int ran = 0;
  time.scheduler.run_at(time.now() + std::chrono::hours(1), [&] {
    ++ran;
    time.scheduler.post([&] { time.scheduler.post([&] { ++ran; }); });
  });
  put(R"({"Set":"2027-01-01T00:00:00Z"})");
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(time.frozen());
}

TEST_F(ClockRoutes, RefusesWhatItDoesNotUnderstand) {
  for (const char* body :
       {"{}", R"({"Freeze":false})", R"({"Set":"yesterday"})", R"({"Set":5})",
        R"({"AdvanceSeconds":-1})", R"({"AdvanceSeconds":1e300})", R"({"Advance":5})"}) {
    const Answer answer = call(api, "PUT", "clock", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("ValidationException")) << body;
  }
  EXPECT_EQ(time.now(), ManualClock().now());
}

// --- A command that takes long.

class LongWay : public ClockRoutes {
 protected:
  LongWay() { tick(); }

  void tick() {
    time.scheduler.run_at(time.now() + std::chrono::seconds(1), [this] {
      ++ticks;
      tick();
    });
  }
  // Sends it without waiting for its answer.
  void send(std::string_view body, std::string& taken, bool* connected = nullptr) {
    rapidjson::Document document;
    ASSERT_TRUE(json::parse_copy(body, document));
    http::Request http;
    http.method = "PUT";
    http.body = body;
    class Sink final : public http::ResponseSink {
     public:
      explicit Sink(const bool* flag) : connected_(flag) {}
      void respond(std::uint64_t, http::Response) override {}
      void run_on_thread(Task task) override { task(); }
      bool connected() const override { return connected_ == nullptr || *connected_; }

     private:
      const bool* connected_;
    };
    api.handle({.http = http,
                .path = {"_tailrace", "clock"},
                .query = {},
                .caller = {},
                .raw = http::Respond(std::make_shared<Sink>(connected), 1)},
               [&taken](http::Response response) { taken = response.body; });
  }
  void run(int tasks) {
    while (tasks-- > 0 && time.scheduler.run_one_posted()) {
    }
  }

  int ticks = 0;
  std::string answer;
};

TEST_F(LongWay, OthersAreServedBetweenItsStops) {
  send(R"({"AdvanceSeconds":100})", answer);
  run(50);
  EXPECT_EQ(answer, "");
  EXPECT_GT(ticks, 10);
  EXPECT_LT(ticks, 90);
  EXPECT_THAT(call(api, "GET", "clock").body, HasSubstr(R"("Frozen":false)"));
  run(1000);
  EXPECT_THAT(answer, HasSubstr("04:06:46.789Z"));
}

TEST_F(LongWay, CommandsWaitForTheOneBefore) {
  std::string second;
  send(R"({"AdvanceSeconds":100})", answer);
  send(R"({"AdvanceSeconds":1,"Freeze":true})", second);
  run(50);
  EXPECT_EQ(second, "");
  run(1000);
  EXPECT_THAT(answer, HasSubstr("04:06:46.789Z"));
  EXPECT_EQ(second, R"({"Now":"2026-02-03T04:06:47.789Z","Frozen":true})");
}

TEST_F(LongWay, EndsWhereItStandsWhenItsClientHasGone) {
  bool connected = true;
  send(R"({"AdvanceSeconds":86400})", answer, &connected);
  run(50);
  connected = false;
  while (time.scheduler.run_one_posted()) {
  }
  EXPECT_LT(ticks, 1000);
  EXPECT_FALSE(time.frozen());
  EXPECT_THAT(put(R"({"AdvanceSeconds":1})").body, HasSubstr("Now"));
}

TEST_F(LongWay, EndsWithARefusalWhenTheServerStops) {
  std::string second;
  send(R"({"AdvanceSeconds":86400})", answer);
  send(R"({"AdvanceSeconds":1})", second);
  run(50);
  commands.stop();
  run(10);
  EXPECT_THAT(answer, HasSubstr("the server stops"));
  EXPECT_THAT(second, HasSubstr("the server stops"));
  EXPECT_THAT(put(R"({"AdvanceSeconds":1})").body, HasSubstr("the server stops"));
}

// --- The sweeps of a store on a long way.

class SweptStore : public ClockRoutes {
 protected:
  SweptStore() {
    TableSchema table;
    table.name = {.owner = {.account = "000000000000", .region = "us-east-1"}, .name = "Orders"};
    table.uuid = "7f3c9f6e-3d0a-4a52-8a58-6f4b7f0f2d11";
    table.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
    table.ttl_attribute = "expires";
    queue.run([&](Txn& txn) {
      catalog.load(txn);
      log.load(txn);
      table.id = catalog.next_table_id(txn);
      table.stream = log.enable(txn, table, StreamViewType::kKeysOnly);
      catalog.put(txn, table);
    });
    stream_id = table.stream->stream_id;
    background.start();
  }

  void put_item(int number, Instant expires) {
    AttributeMap item;
    item.set("pk", {str_cat("key", number)});
    item.set("expires", {*Number::parse(str_cat(to_millis(expires) / 1000))});
    queue.run([&](Txn& txn) {
      const TablePtr table = catalog.all().front();
      writer.put(txn, *table, keys::item(*table, item), EncodedItem(item), nullptr);
    });
  }
  void settle_store(std::function<void(Settled)> done) {
    maintenance.finish([this, done] {
      time.scheduler.post(
          [this, done] { done(background.settled() ? Settled::kDone : Settled::kNotYet); });
    });
  }
  Answer advance(std::int64_t seconds) {
    return call(store_api, "PUT", "clock", str_cat(R"({"AdvanceSeconds":)", seconds, '}'), [this] {
      while (time.scheduler.run_one_posted()) {
      }
    });
  }

  EngineQueue queue{open_sqlite({}), {}};
  StreamLog log{{}, time.headed};
  Catalog catalog;
  ItemWriter writer{{&log}};
  BackgroundWork background{queue, catalog, writer, time.headed, time.scheduler, {}};
  StreamMaintenance maintenance{queue, time.scheduler,
                                [this](Task task) { time.scheduler.post(std::move(task)); },
                                time.headed, log};
  ClockCommands store_commands{time, [this](auto done) { settle_store(std::move(done)); }};
  ControlApi store_api;
  std::uint64_t stream_id = 0;
};

constexpr std::int64_t kDay = 86'400;

TEST_F(SweptStore, ADayIsSweptEveryFewMinutesAndEndsAsEver) {
  store_commands.add_routes(store_api);
  EXPECT_EQ(advance(kDay).status, 200);
  EXPECT_LT(time.steps, 500);
  // Opened at 0 h, 4 h and so on, within the 64th of what was left of the day.
  const std::vector<Shard> shards = log.shards(stream_id);
  ASSERT_EQ(shards.size(), 6U);
  for (std::size_t i = 1; i < shards.size(); ++i) {
    const Millis age = shards[i].created - shards[i - 1].created;
    EXPECT_GE(age, std::chrono::hours(4));
    EXPECT_LT(age, std::chrono::hours(4) + std::chrono::minutes(23));
  }
}

TEST_F(SweptStore, SixtyEightYearsTakeSomeHundredStops) {
  store_commands.add_routes(store_api);
  constexpr int kItems = 500;
  for (int i = 0; i < kItems; ++i) put_item(i, time.now() + std::chrono::hours(24 * (i + 1)));
  put_item(kItems, time.now() + std::chrono::hours(24 * 365 * 70));
  EXPECT_EQ(advance(68 * 365 * kDay).status, 200);
  EXPECT_LT(time.steps, 3000);
  queue.run(
      [&](Txn&) { EXPECT_EQ(writer.statistics().of_table(catalog.all().front()->id).items, 1); });
  // The last day is as ever: records of the time before are gone, and shards have rolled over.
  const std::vector<Shard> shards = log.shards(stream_id);
  EXPECT_GE(shards.size(), 6U);
  EXPECT_LE(shards.size(), 9U);
  EXPECT_GE(shards.front().closed.value_or(time.now()), time.now() - std::chrono::hours(24 + 1));
  queue.run([&](Txn& txn) {
    for (const Shard& shard : shards) EXPECT_EQ(log.read(txn, shard, 0, 1000, 1 << 20).size(), 0U);
  });
}

}  // namespace
}  // namespace tailrace::control
