#include "storage/table/background.h"

#include <gtest/gtest.h>

#include <optional>

#include "storage/base/log.h"
#include "tests/storage/table/table_fixture.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

class BackgroundTest : public TableFixture {
 protected:
  static constexpr BackgroundWork::Options kOptions = {.ttl_interval = 10s, .slice_rows = 4};

  void start() {
    work_.emplace(queue_, catalog_, writer_, clock_, scheduler_, kOptions);
    work_->start();
  }
  void finish_all() { scheduler_.run_posted(); }
  void stop_in_the_middle() {
    for (int i = 0; i < 6; ++i) scheduler_.run_one_posted();
    ASSERT_FALSE(work_->idle());
    work_.reset();
    finish_all();
  }

  void change_schema(const std::function<void(TableSchema&)>& change) {
    TableSchema schema = *things();
    change(schema);
    put_schema(schema);
  }
  void add_index() {
    change_schema([](TableSchema& schema) {
      IndexSchema index = index_on("color");
      index.status = IndexStatus::kCreating;
      index.backfilling = true;
      schema.indexes.push_back(index);
    });
  }
  void set_ttl(std::optional<std::string> attribute) {
    change_schema([&](TableSchema& schema) { schema.ttl_attribute = attribute; });
  }
  std::int64_t seconds_from_now(std::int64_t seconds) {
    return to_millis(clock_.now()) / 1000 + seconds;
  }
  AttributeMap expiring(const std::string& id, std::int64_t seconds) {
    return attributes({{"id", text(id)}, {"ttl", number(str_cat(seconds_from_now(seconds)))}});
  }
  void put_red_things(int count) {
    for (int i = 0; i < count; ++i) {
      put(attributes({{"id", text(str_cat("thing ", i))}, {"color", text("red")}}));
    }
    sink_.notes.clear();
  }
  std::size_t left_to_do() { return count_rows(keys::meta("work/")); }
  std::optional<std::size_t> expire_now() {
    std::optional<std::size_t> count;
    work_->expire_now([&](std::size_t expired) { count = expired; });
    finish_all();
    return count;
  }

  ManualClock clock_;
  ManualScheduler scheduler_{clock_};
  std::optional<BackgroundWork> work_;
};

TEST_F(BackgroundTest, IsIdleWhenThereIsNothingToDo) {
  start();
  finish_all();
  EXPECT_TRUE(work_->idle());
  bool told = false;
  work_->when_idle([&] { told = true; });
  finish_all();
  EXPECT_TRUE(told);
}

// --- Deleted tables.

TEST_F(BackgroundTest, SweepsADeletedTableInSlices) {
  TableSchema schema = things_schema();
  schema.indexes = {index_on("color")};
  schema.ttl_attribute = "ttl";
  put_schema(schema);
  start();
  finish_all();
  put_red_things(10);
  put(expiring("old", 100));
  const int commits = faults_->commits;
  queue_.run([&](Txn& txn) { catalog_.erase(txn, schema.name); });
  EXPECT_FALSE(work_->idle());
  EXPECT_EQ(count_rows(keys::items_prefix(1)), 11U);
  finish_all();
  EXPECT_TRUE(work_->idle());
  EXPECT_EQ(count_rows(keys::items_prefix(1)), 0U);
  EXPECT_EQ(count_rows(keys::index_prefix(1, 1)), 0U);
  EXPECT_EQ(count_rows(keys::expiries_prefix(1)), 0U);
  EXPECT_EQ(left_to_do(), 0U);
  EXPECT_GE(faults_->commits - commits, 7)
      << "4 rows a slice: 3 for the items, 3 for the index, 1 more";
  EXPECT_EQ(writer_.statistics().of_table(1).items, 0);
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, 0);
  EXPECT_THAT(sink_.notes, ElementsAre("+old")) << "a deleted table's items are not changes";
}

TEST_F(BackgroundTest, LeavesTheNextTableOfThatNameAlone) {
  put_schema(things_schema(1));
  put_red_things(5);
  start();
  queue_.run([&](Txn& txn) { catalog_.erase(txn, things_schema().name); });
  put_schema(things_schema(2));
  put(attributes({{"id", text("new")}}));
  finish_all();
  EXPECT_EQ(count_rows(keys::items_prefix(1)), 0U);
  EXPECT_TRUE(has_item("new"));
}

TEST_F(BackgroundTest, GoesOnSweepingAfterARestart) {
  put_schema(things_schema());
  put_red_things(50);
  start();
  finish_all();
  queue_.run([&](Txn& txn) { catalog_.erase(txn, things_schema().name); });
  stop_in_the_middle();
  const std::size_t left = count_rows(keys::items_prefix(1));
  EXPECT_GT(left, 0U);
  EXPECT_LT(left, 50U);
  start();
  finish_all();
  EXPECT_EQ(count_rows(keys::items_prefix(1)), 0U);
  EXPECT_EQ(left_to_do(), 0U);
}

// --- Indexes.

TEST_F(BackgroundTest, FillsANewIndexAndMakesItActive) {
  put_schema(things_schema());
  put_red_things(10);
  start();
  finish_all();
  add_index();
  EXPECT_EQ(things()->indexes[0].status, IndexStatus::kCreating);
  finish_all();
  EXPECT_EQ(things()->indexes[0].status, IndexStatus::kActive);
  EXPECT_FALSE(things()->indexes[0].backfilling);
  EXPECT_EQ(entries().size(), 10U);
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, 10);
  EXPECT_EQ(left_to_do(), 0U);
  EXPECT_THAT(sink_.notes, IsEmpty());
}

TEST_F(BackgroundTest, SkipsItemsThatCannotBeInTheIndex) {
  put_schema(things_schema());
  put(attributes({{"id", text("missing")}}));
  put(attributes({{"id", text("of another type")}, {"color", number("1")}}));
  put(attributes({{"id", text("empty")}, {"color", text("")}}));
  put(attributes({{"id", text("too long")}, {"color", text(std::string(2049, 'c'))}}));
  put(attributes({{"id", text("good")}, {"color", text("red")}}));
  start();
  add_index();
  finish_all();
  EXPECT_THAT(entries(), ElementsAre(R"({"color":{"S":"red"},"id":{"S":"good"}})"));
  EXPECT_EQ(things()->indexes[0].status, IndexStatus::kActive);
}

// Whatever is written between two slices, the index ends up as if it had been there from the start.
TEST_F(BackgroundTest, AgreesWithWritesBetweenItsSlices) {
  put_schema(things_schema());
  put_red_things(40);
  start();
  finish_all();
  add_index();
  int turn = 0;
  while (scheduler_.run_one_posted()) {
    const std::string changed = str_cat("thing ", turn % 40);
    switch (turn++ % 5) {
      case 0:
        put(attributes({{"id", text(changed)}, {"color", text("blue")}}));
        break;
      case 1:
        erase(changed);
        break;
      case 2:
        put(attributes({{"id", text(str_cat("new ", turn))}, {"color", text("green")}}));
        break;
      case 3:
        put(attributes({{"id", text(changed)}}));
        break;
      case 4:
        put(attributes({{"id", text(changed)}, {"color", text("red")}, {"more", text("x")}}));
        break;
    }
  }
  EXPECT_EQ(things()->indexes[0].status, IndexStatus::kActive);
  std::vector<std::string> expected;
  for_rows(keys::items_prefix(1), [&](Bytes, Bytes value) {
    if (StoredItem(value).find_json("color")) expected.emplace_back(StoredItem(value).json());
  });
  EXPECT_GT(turn, 10);
  EXPECT_THAT(entries(), ::testing::UnorderedElementsAreArray(expected));
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, static_cast<std::int64_t>(expected.size()));
}

TEST_F(BackgroundTest, GoesOnFillingAfterARestart) {
  put_schema(things_schema());
  put_red_things(50);
  start();
  finish_all();
  add_index();
  stop_in_the_middle();
  EXPECT_FALSE(entries().empty());
  EXPECT_LT(entries().size(), 50U);
  Catalog reloaded;
  queue_.run([&](Txn& txn) { reloaded.load(txn); });
  ItemWriter writer({});
  BackgroundWork work(queue_, reloaded, writer, clock_, scheduler_, kOptions);
  work.start();
  finish_all();
  EXPECT_EQ(entries().size(), 50U);
  EXPECT_EQ(reloaded.find(1)->indexes[0].status, IndexStatus::kActive);
  EXPECT_EQ(writer.statistics().of_table(1).items, 50);
  EXPECT_EQ(writer.statistics().of_index(1, 1).items, 50);
  EXPECT_EQ(left_to_do(), 0U);
}

TEST_F(BackgroundTest, DropsAnIndexThatIsDeletingAndSweepsItsEntries) {
  TableSchema schema = things_schema();
  schema.indexes = {index_on("color", 1), index_on("id", 2)};
  put_schema(schema);
  start();
  put_red_things(10);
  change_schema([](TableSchema& changed) { changed.indexes[0].status = IndexStatus::kDeleting; });
  finish_all();
  ASSERT_EQ(things()->indexes.size(), 1U);
  EXPECT_EQ(things()->indexes[0].id, 2U);
  EXPECT_EQ(count_rows(keys::index_prefix(1, 1)), 0U);
  EXPECT_EQ(count_rows(keys::index_prefix(1, 2)), 10U);
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, 0);
}

TEST_F(BackgroundTest, ForgetsABackfillWhoseIndexIsDropped) {
  put_schema(things_schema());
  put_red_things(50);
  start();
  finish_all();
  add_index();
  for (int i = 0; i < 6; ++i) scheduler_.run_one_posted();
  change_schema([](TableSchema& changed) { changed.indexes.clear(); });
  finish_all();
  EXPECT_EQ(count_rows(keys::index_prefix(1, 1)), 0U);
  EXPECT_EQ(left_to_do(), 0U);
}

TEST_F(BackgroundTest, TellsWhenAllIsDone) {
  put_schema(things_schema());
  put_red_things(30);
  start();
  add_index();
  std::optional<IndexStatus> status_when_told;
  work_->when_idle([&] { status_when_told = things()->indexes[0].status; });
  EXPECT_FALSE(status_when_told);
  finish_all();
  EXPECT_EQ(status_when_told, IndexStatus::kActive);
}

// --- Time to live.

TEST_F(BackgroundTest, DeletesAnItemOnceItIsDue) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  put(expiring("soon", 60));
  put(expiring("later", 600));
  put(attributes({{"id", text("never")}}));
  scheduler_.advance(59s);
  EXPECT_TRUE(has_item("soon"));
  scheduler_.advance(12s);
  EXPECT_FALSE(has_item("soon"));
  EXPECT_TRUE(has_item("later"));
  EXPECT_TRUE(has_item("never"));
  EXPECT_THAT(sink_.notes, ElementsAre("+soon", "+later", "+never", "-soon!"));
  scheduler_.advance(1h);
  EXPECT_FALSE(has_item("later"));
  EXPECT_TRUE(has_item("never"));
  EXPECT_EQ(expiry_rows(), 0U);
}

TEST_F(BackgroundTest, LeavesAnItemThatIsDueVisibleForTheInterval) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  scheduler_.advance(100s);
  put(expiring("past", -60));
  scheduler_.advance(9s);
  EXPECT_TRUE(has_item("past"));
  scheduler_.advance(1s);
  EXPECT_FALSE(has_item("past"));
}

TEST_F(BackgroundTest, DeletesManyItemsInSlices) {
  TableSchema schema = things_schema();
  schema.ttl_attribute = "ttl";
  schema.indexes = {index_on("id")};
  put_schema(schema);
  start();
  for (int i = 0; i < 30; ++i) put(expiring(str_cat("thing ", i), -i));
  EXPECT_EQ(entries().size(), 30U);
  const int commits = faults_->commits;
  EXPECT_EQ(expire_now(), 30U);
  EXPECT_GE(faults_->commits - commits, 7);
  EXPECT_EQ(count_rows(keys::items_prefix(1)), 0U);
  EXPECT_EQ(entries().size(), 0U);
  EXPECT_EQ(expire_now(), 0U);
}

TEST_F(BackgroundTest, SparesWhatLiesMoreThanFiveYearsBack) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  constexpr std::int64_t kYear = 31'556'952;
  put(expiring("four years", -4 * kYear));
  put(expiring("six years", -6 * kYear));
  put(attributes({{"id", text("zero")}, {"ttl", number("0")}}));
  EXPECT_EQ(expire_now(), 1U);
  EXPECT_FALSE(has_item("four years"));
  EXPECT_TRUE(has_item("six years"));
  EXPECT_TRUE(has_item("zero"));
}

TEST_F(BackgroundTest, KeepsAnItemWhoseTimeWasPutOff) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  put(expiring("a", 10));
  put(expiring("a", 1000));
  scheduler_.advance(100s);
  EXPECT_TRUE(has_item("a"));
}

TEST_F(BackgroundTest, FindsItemsThatWereThereBeforeTimeToLive) {
  put_schema(things_schema());
  for (int i = 0; i < 10; ++i) put(expiring(str_cat("thing ", i), 30));
  start();
  finish_all();
  EXPECT_EQ(expiry_rows(), 0U);
  set_ttl("ttl");
  finish_all();
  EXPECT_EQ(expiry_rows(), 10U);
  EXPECT_EQ(left_to_do(), 0U);
  scheduler_.advance(60s);
  EXPECT_EQ(count_rows(keys::items_prefix(1)), 0U);
}

TEST_F(BackgroundTest, ExpiresAtOnceWhatAJustEnabledTimeToLiveFinds) {
  put_schema(things_schema());
  for (int i = 0; i < 10; ++i) put(expiring(str_cat("thing ", i), -1));
  start();
  set_ttl("ttl");
  EXPECT_EQ(expire_now(), 10U);
}

TEST_F(BackgroundTest, ForgetsTheOldAttributeWhenTimeToLiveMovesToAnother) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  put(expiring("a", -1));
  put(attributes({{"id", text("b")}, {"other", number(str_cat(seconds_from_now(-1)))}}));
  set_ttl(std::nullopt);
  EXPECT_EQ(expire_now(), 0U);
  EXPECT_EQ(expiry_rows(), 0U);
  set_ttl("other");
  EXPECT_EQ(expire_now(), 1U);
  EXPECT_TRUE(has_item("a"));
  EXPECT_FALSE(has_item("b"));
}

TEST_F(BackgroundTest, AgreesWithWritesWhileExpiryRowsAreMade) {
  put_schema(things_schema());
  for (int i = 0; i < 40; ++i) put(expiring(str_cat("thing ", i), 1000 + i));
  start();
  finish_all();
  set_ttl("ttl");
  int turn = 0;
  while (scheduler_.run_one_posted()) {
    const std::string changed = str_cat("thing ", turn % 40);
    switch (turn++ % 4) {
      case 0:
        put(expiring(changed, 5000));
        break;
      case 1:
        erase(changed);
        break;
      case 2:
        put(expiring(str_cat("new ", turn), 5000));
        break;
      case 3:
        put(attributes({{"id", text(changed)}}));
        break;
    }
  }
  std::vector<Buffer> expected;
  for_rows(keys::items_prefix(1), [&](Bytes key, Bytes value) {
    const auto ttl = StoredItem(value).find("ttl");
    if (!ttl) return;
    const std::int64_t seconds = std::stoll(ttl->as<Number>()->text());
    expected.push_back(keys::expiry(1, from_millis(seconds * 1000), key));
  });
  std::vector<Buffer> found;
  for_rows(keys::expiries_prefix(1), [&](Bytes key, Bytes) { found.emplace_back(key); });
  EXPECT_GT(turn, 10);
  EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(BackgroundTest, ExpiresAfterARestart) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  put(expiring("a", 60));
  work_.reset();
  scheduler_.advance(100s);
  EXPECT_TRUE(has_item("a"));
  start();
  scheduler_.advance(10s);
  EXPECT_FALSE(has_item("a"));
}

TEST_F(BackgroundTest, SetsNoTimerWhenNothingCanExpire) {
  put_schema(things_schema());
  set_ttl("ttl");
  start();
  put(attributes({{"id", text("never")}}));
  scheduler_.advance(1h);
  EXPECT_EQ(scheduler_.timer_count(), 0U);
}

// --- A store that fails.

TEST_F(BackgroundTest, TriesAgainAfterAnError) {
  set_log(LogLevel::kOff, LogFormat::kText);
  put_schema(things_schema());
  put_red_things(10);
  start();
  finish_all();
  add_index();
  faults_->fail_write = 3;
  finish_all();
  EXPECT_EQ(things()->indexes[0].status, IndexStatus::kCreating);
  EXPECT_FALSE(work_->idle());
  scheduler_.advance(1s);
  EXPECT_EQ(things()->indexes[0].status, IndexStatus::kActive);
  EXPECT_EQ(entries().size(), 10U);
  EXPECT_EQ(writer_.statistics().of_index(1, 1).items, 10);
  EXPECT_TRUE(work_->idle());
}

TEST_F(BackgroundTest, DoesNothingMoreOnceDestroyed) {
  put_schema(things_schema());
  put_red_things(50);
  start();
  finish_all();
  add_index();
  work_.reset();
  finish_all();
  EXPECT_EQ(entries().size(), 0U);
  scheduler_.advance(1h);
  put(expiring("a", 1));
  EXPECT_EQ(scheduler_.timer_count(), 0U);
}

}  // namespace
}  // namespace tailrace
