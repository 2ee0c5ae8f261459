// A store with a catalog and a writer, and the words that its tests are written in.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/table/catalog.h"
#include "storage/table/item_reader.h"
#include "storage/table/item_writer.h"
#include "tests/storage/engine/faulty_engine.h"
#include "tests/storage/engine/map_engine.h"

namespace tailrace {

inline AttributeValue text(std::string value) {
  return {.value = std::move(value)};
}
inline AttributeValue number(std::string_view digits) {
  return {.value = Number::parse(digits).value()};
}
inline AttributeMap attributes(std::vector<AttributeMap::Entry> entries) {
  return AttributeMap::from_entries(std::move(entries));
}

// Notes "+a", "~a", "-a" for an insert, a change, a removal of item "a"; "!" follows what TTL did.
class NotingSink final : public ChangeSink {
 public:
  void on_change(Txn&, const Change& change) override {
    const char* sign = change.before == nullptr ? "+" : change.after == nullptr ? "-" : "~";
    const char* cause = change.cause == ChangeCause::kTimeToLive ? "!" : "";
    notes.push_back(str_cat(sign, *change.key().find("id")->as<std::string>(), cause));
    images.emplace_back(change.before ? change.before->json() : "",
                        change.after ? change.after->json() : "");
  }
  std::vector<std::string> notes;
  std::vector<std::pair<std::string, std::string>> images;
};

// A table "things" with the hash key "id" (S).
inline TableSchema things_schema(std::uint64_t id = 1) {
  TableSchema schema;
  schema.id = id;
  schema.name = {.owner = {.account = "000000000000", .region = "eu-west-1"}, .name = "things"};
  schema.keys.hash = {{.name = "id", .type = AttributeType::kS}};
  return schema;
}

inline IndexSchema index_on(std::string attribute,
                            std::uint32_t id = 1,
                            AttributeType type = AttributeType::kS) {
  IndexSchema index;
  index.id = id;
  index.name = "by-" + attribute;
  index.keys.hash = {{.name = std::move(attribute), .type = type}};
  return index;
}

class TableFixture : public ::testing::Test {
 protected:
  void put_schema(const TableSchema& schema) {
    queue_.run([&](Txn& txn) { catalog_.put(txn, schema); });
  }
  TablePtr things() const { return catalog_.find(things_schema().name); }

  WriteEffect put(const AttributeMap& item) {
    WriteEffect effect;
    queue_.run([&](Txn& txn) {
      const TablePtr table = things();
      const Buffer key = keys::item(*table, item);
      const auto before = find_item(txn, key);
      effect =
          writer_.put(txn, *table, key, EncodedItem(item), before ? before->get() : nullptr);
    });
    return effect;
  }
  WriteEffect erase(const std::string& id) {
    WriteEffect effect;
    queue_.run([&](Txn& txn) {
      const TablePtr table = things();
      const Buffer key = keys::item(*table, attributes({{"id", text(id)}}));
      const auto before = find_item(txn, key);
      effect = writer_.erase(txn, *table, key, before ? before->get() : nullptr);
    });
    return effect;
  }
  bool has_item(const std::string& id) {
    bool found = false;
    queue_.run([&](Txn& txn) {
      found = find_item(txn, *things(), attributes({{"id", text(id)}})).has_value();
    });
    return found;
  }

  // JSON texts of an index's entries, in its order.
  std::vector<std::string> entries(std::uint32_t index_id = 1) {
    std::vector<std::string> found;
    for_rows(keys::index_prefix(things()->id, index_id),
             [&](Bytes, Bytes value) { found.emplace_back(StoredItem(value).json()); });
    return found;
  }
  std::size_t count_rows(Bytes prefix) {
    std::size_t count = 0;
    for_rows(prefix, [&](Bytes, Bytes) { ++count; });
    return count;
  }
  std::size_t expiry_rows() { return count_rows(keys::expiries_prefix(things()->id)); }

  void for_rows(Bytes prefix, const std::function<void(Bytes, Bytes)>& see) {
    queue_.run([&](Txn& txn) {
      const auto range = keys::prefix_range(prefix);
      for (auto row = txn.scan(range.begin, range.end, Order::kAscending); row->valid();
           row->next()) {
        see(row->key(), row->value());
      }
    });
  }

  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  EngineQueue queue_{std::make_unique<FaultyEngine>(std::make_unique<MapEngine>(), faults_), {}};
  Catalog catalog_;
  NotingSink sink_;
  ItemWriter writer_{{&sink_}};
};

}  // namespace tailrace
