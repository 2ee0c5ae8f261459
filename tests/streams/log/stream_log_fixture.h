// A StreamLog over a store in memory, with time in the test's hands.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/engine/sqlite/sqlite_engine.h"
#include "storage/value/stored_item.h"
#include "streams/log/stream_log.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace {

inline Millis hours(int count) {
  return std::chrono::hours(count);
}
inline Millis seconds(int count) {
  return std::chrono::seconds(count);
}

class StreamLogTest : public ::testing::Test {
 protected:
  StreamLogTest() {
    table.id = 7;
    table.name = {.owner = {.account = "000000000000", .region = "us-east-1"}, .name = "Orders"};
    table.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
    table.keys.range = {{.name = "sk", .type = AttributeType::kN}};
    start({});
  }

  // Also a restart: the log begins anew from what is stored.
  void start(const StreamOptions& options) {
    log = std::make_unique<StreamLog>(options, clock);
    run([&](Txn& txn) { log->load(txn); });
  }

  void run(const EngineQueue::Run& job) { queue.run(job); }

  // A job that writes and then finds the disk broken: all of it is undone.
  void run_and_fail(const std::function<void(Txn&)>& job) {
    EXPECT_THROW(queue.run([&](Txn& txn) {
      job(txn);
      throw EngineError("disk full");
    }),
                 EngineError);
  }

  void enable(StreamViewType view = StreamViewType::kNewAndOldImages) {
    run([&](Txn& txn) { table.stream = log->enable(txn, table, view); });
  }
  void disable() {
    run([&](Txn& txn) { log->disable(txn, table); });
    table.stream->enabled = false;
  }

  static AttributeMap key(std::string_view pk) {
    AttributeMap key;
    key.set("pk", {std::string(pk)});
    key.set("sk", {Number(3)});
    return key;
  }
  static AttributeMap item(std::string_view pk, std::string_view state) {
    AttributeMap item = key(pk);
    item.set("state", {std::string(state)});
    return item;
  }

  // One change of an item within the job; nullptr: absent.
  void change(Txn& txn,
              const AttributeMap* before,
              const AttributeMap* after,
              ChangeCause cause = ChangeCause::kUser) {
    const Buffer old_row = before ? encode_item(*before) : Buffer();
    const Buffer new_row = after ? encode_item(*after) : Buffer();
    std::optional<StoredItem> old_item, new_item;
    if (before) old_item.emplace(old_row);
    if (after) new_item.emplace(new_row);
    log->on_change(txn, {.table = table,
                         .before = old_item ? &*old_item : nullptr,
                         .after = new_item ? &*new_item : nullptr,
                         .cause = cause});
  }
  void insert(Txn& txn, std::string_view pk) {
    const AttributeMap after = item(pk, "NEW");
    change(txn, nullptr, &after);
  }
  void insert(std::string_view pk) {
    run([&](Txn& txn) { insert(txn, pk); });
  }

  std::uint64_t stream_id() const { return table.stream->stream_id; }
  std::vector<Shard> shards() const { return log->shards(stream_id()); }
  Shard shard(std::size_t place = 0) const { return shards().at(place); }

  std::vector<StreamRecord> read(const Shard& of,
                                 std::uint64_t after = 0,
                                 std::size_t limit = 1000,
                                 std::size_t bytes_max = 1 << 20) {
    std::vector<StreamRecord> records;
    run([&](Txn& txn) { records = log->read(txn, of, after, limit, bytes_max); });
    return records;
  }
  std::vector<std::string> keys_in(const Shard& of, std::uint64_t after = 0) {
    std::vector<std::string> texts;
    for (const StreamRecord& record : read(of, after)) {
      const std::size_t begin = record.keys_json.find("{\"S\":\"") + 6;
      texts.push_back(record.keys_json.substr(begin, record.keys_json.find('"', begin) - begin));
    }
    return texts;
  }
  std::uint64_t latest(const Shard& of) {
    std::uint64_t position = 0;
    run([&](Txn& txn) { position = log->latest(txn, of); });
    return position;
  }
  Shard roll_over(const Shard& parent) {
    std::optional<Shard> child;
    run([&](Txn& txn) { child = *log->roll_over(txn, stream_id(), parent.id); });
    return *child;
  }
  std::vector<Shard> split(const Shard& parent) {
    std::vector<Shard> children;
    run([&](Txn& txn) { children = *log->split(txn, stream_id(), parent.id); });
    return children;
  }
  // Trims by age until nothing is left to do; returns the number of slices.
  int trim(std::size_t rows_max = 1000) {
    int slices = 1;
    for (bool more = true; more; ++slices) {
      run([&](Txn& txn) { more = log->trim_slice(txn, rows_max); });
    }
    return slices - 1;
  }
  void advance(Millis by) { clock.set(clock.now() + by); }

  ManualClock clock;
  EngineQueue queue{open_sqlite({}), {}};
  std::unique_ptr<StreamLog> log;
  TableSchema table;
};

}  // namespace tailrace
