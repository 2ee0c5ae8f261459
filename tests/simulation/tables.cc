#include "tests/simulation/tables.h"

#include <algorithm>

#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"

namespace tailrace::simulation {
namespace {

constexpr int kKeys = 8;

std::string key_json(std::string_view key) {
  return str_cat(R"({"pk":{"S":")", key, R"("}})");
}

}  // namespace

Tables::Tables(Story& story) : story_(story) {
  const int count = story.chance.from(1, 2);
  for (int i = 0; i < count; ++i) {
    tables_.push_back(std::make_unique<Table>());
    Table& table = *tables_.back();
    table.name = str_cat("table", i);
    table.indexed = story.has(Feature::kIndexes);
    table.expires = story.has(Feature::kTtl);
    const int keys = story.chance.from(1, kKeys);
    for (int k = 0; k < keys; ++k) table.items[str_cat("k", k)];
  }
}

void Tables::act() {
  Table& table = *story_.chance.one_of(tables_);
  if (table.changing) return;
  if (!table.there) return create(table);
  if (story_.sometimes(Feature::kStreamChanges, 3) || (!table.stream && story_.chance.percent(20)))
    return change_stream(table);
  if (story_.sometimes(Feature::kTableDeletion, 1)) return remove(table);
  if (story_.sometimes(Feature::kTtl, 10)) return write_expiring(table);
  if (story_.sometimes(Feature::kBatches, 20)) return write_batch(table);
  if (story_.sometimes(Feature::kTransactions, 20)) return write_transaction();
  if (story_.chance.percent(10)) return read_one(table);
  write_one(table);
}

// --- Writes

std::optional<std::string> Tables::free_key(Table& table) {
  std::vector<std::string> free;
  for (const auto& [key, item] : table.items) {
    if (!item.busy && !table.expiring.contains(key)) free.push_back(key);
  }
  if (free.empty()) return std::nullopt;
  return story_.chance.one_of(free);
}

std::string Tables::item_json(const std::string& key, Version version) const {
  return str_cat(R"({"pk":{"S":")", key, R"("},"v":{"N":")", version, R"("},"kind":{"S":")",
                 std::string(1, kind_of(version)), R"("},"g":{"S":"g)", version % 3, R"("}})");
}

Tables::Part Tables::begin_part(Table& table, const std::string& key, bool remove) {
  Item& item = table.items[key];
  item.busy = true;
  ++table.requests;
  Part part{.table = &table,
            .key = key,
            .before = item.version,
            .after = remove ? 0 : ++last_version_,
            .record = nullptr};
  if (table.stream && part.before != part.after) {
    part.record = &table.stream->add({.key = key, .before = part.before, .after = part.after},
                                     story_.now(), story_.product_now());
  }
  return part;
}

void Tables::send(const SharedWrite& write, ClientRequest request) {
  write->failures = story_.server.disk().failures;
  write->text = request.target.substr(request.target.find('.') + 1);
  for (const Part& part : write->parts)
    str_append(write->text, " ", part.table->name, "/", part.key, " ", part.before, "->",
               part.after);
  story_.tell(write->text);
  open_.push_back(write);
  story_.server.send(std::move(request),
                     [this, write](const Reply& reply) { answered(write, reply); });
}

void Tables::answered(const SharedWrite& write, const Reply& reply) {
  open_.remove(write);
  switch (reply.fate) {
    case Fate::kRefused:
      return settle(write, false);
    case Fate::kReset:
      doubtful_.push_back(write);
      return;
    case Fate::kAnswered:
      break;
  }
  if (reply.ok()) {
    if (write->refused) story_.wrong(write->text, " should have been refused");
    return settle(write, true);
  }
  const bool refused = write->refused && reply.status == 400;
  const bool disk_failed = reply.status == 500 && story_.server.disk().failures > write->failures;
  if (!refused && !disk_failed) story_.wrong(write->text, ": ", reply.status, " ", reply.body);
  settle(write, false);
}

void Tables::settle(const SharedWrite& write, bool done) {
  for (const Part& part : write->parts) settle(part, done);
}

void Tables::settle(const Part& part, bool done) {
  if (done) {
    apply(part);
  } else {
    undo(part);
  }
  part.table->items[part.key].busy = false;
  --part.table->requests;
}

void Tables::apply(const Part& part) {
  part.table->items[part.key].version = part.after;
  if (part.record && part.record->known == kNever) part.record->known = story_.tick();
}

void Tables::undo(const Part& part) {
  if (!part.record) return;
  if (part.record->known != kNever)
    story_.wrong("a write has failed, but was seen: ", text_of(part.record->change));
  part.record->undone = true;
}

void Tables::saw(ModelRecord& record) {
  if (record.known == kNever) record.known = story_.tick();
}

void Tables::write_one(Table& table) {
  const auto key = free_key(table);
  if (!key) return;
  const auto write = std::make_shared<Write>();
  const int form = story_.chance.from(0, 5);
  const bool remove = form == 0 || (form == 5 && table.items[*key].version != 0);
  const Part part = begin_part(table, *key, remove);
  write->parts = {part};
  const std::string in_table = str_cat(R"({"TableName":")", table.name, R"(",)");
  switch (form) {
    case 0:
      return send(write,
                  dynamodb("DeleteItem", str_cat(in_table, R"("Key":)", key_json(*key), "}")));
    case 1:
      return send(write, dynamodb("UpdateItem",
                                  str_cat(in_table, R"("Key":)", key_json(*key),
                                          R"(,"UpdateExpression":"SET v = :v, kind = :k, g = :g",)",
                                          R"("ExpressionAttributeValues":{":v":{"N":")", part.after,
                                          R"("},":k":{"S":")", std::string(1, kind_of(part.after)),
                                          R"("},":g":{"S":"g)", part.after % 3, R"("}}})")));
    case 2:
      write->refused = part.before != 0;
      return send(write,
                  dynamodb("PutItem",
                           str_cat(in_table, R"("Item":)", item_json(*key, part.after),
                                   R"(,"ConditionExpression":)", "\"attribute_not_exists(pk)\"}")));
    case 5: {
      const std::string statement =
          remove ? str_cat("DELETE FROM ", table.name, " WHERE pk = '", *key, "'")
                 : str_cat("INSERT INTO ", table.name, " VALUE {'pk': '", *key,
                           "', 'v': ", part.after, ", 'kind': '",
                           std::string(1, kind_of(part.after)), "', 'g': 'g", part.after % 3, "'}");
      return send(write,
                  dynamodb("ExecuteStatement", str_cat(R"({"Statement":")", statement, "\"}")));
    }
    default:
      return send(write, dynamodb("PutItem", str_cat(in_table, R"("Item":)",
                                                     item_json(*key, part.after), "}")));
  }
}

void Tables::write_batch(Table& table) {
  const auto write = std::make_shared<Write>();
  write->all_or_none = false;
  std::string requests;
  for (int i = story_.chance.from(1, 5); i > 0; --i) {
    const auto key = free_key(table);
    if (!key) break;
    const Part part = begin_part(table, *key, story_.chance.percent(25));
    if (!requests.empty()) requests += ',';
    if (part.after == 0) {
      str_append(requests, R"({"DeleteRequest":{"Key":)", key_json(*key), "}}");
    } else {
      str_append(requests, R"({"PutRequest":{"Item":)", item_json(*key, part.after), "}}");
    }
    write->parts.push_back(part);
  }
  if (write->parts.empty()) return;
  send(write, dynamodb("BatchWriteItem",
                       str_cat(R"({"RequestItems":{")", table.name, R"(":[)", requests, "]}}")));
}

void Tables::write_transaction() {
  const auto write = std::make_shared<Write>();
  std::string actions;
  for (int i = story_.chance.from(1, 4); i > 0; --i) {
    Table& table = *story_.chance.one_of(tables_);
    if (table.changing || !table.there) continue;
    const auto key = free_key(table);
    if (!key) continue;
    const Part part = begin_part(table, *key, story_.chance.percent(25));
    if (!actions.empty()) actions += ',';
    const std::string in_table = str_cat(R"("TableName":")", table.name, R"(",)");
    if (part.after == 0) {
      str_append(actions, R"({"Delete":{)", in_table, R"("Key":)", key_json(*key), "}}");
    } else {
      str_append(actions, R"({"Put":{)", in_table, R"("Item":)", item_json(*key, part.after), "}}");
    }
    write->parts.push_back(part);
  }
  if (write->parts.empty()) return;
  send(write, dynamodb("TransactWriteItems", str_cat(R"({"TransactItems":[)", actions, "]}")));
}

// An item that is written once, and goes by its TTL.
void Tables::write_expiring(Table& table) {
  const auto write = std::make_shared<Write>();
  const std::string key = str_cat("ttl", ++last_expiring_);
  const Part part = begin_part(table, key, false);
  write->parts = {part};
  const std::int64_t due = to_millis(story_.product_now()) / 1000 + story_.chance.from(1, 20);
  Expiring& expiring = table.expiring[key];
  expiring.version = part.after;
  expiring.due = due;
  if (table.stream) {
    expiring.removals.push_back(&table.stream->add({.key = key, .before = part.after, .after = 0},
                                                   story_.now(), story_.product_now()));
  }
  std::string item = item_json(key, part.after);
  item.pop_back();
  send(write, dynamodb("PutItem", str_cat(R"({"TableName":")", table.name, R"(","Item":)", item,
                                          R"(,"ttl":{"N":")", due, R"("}}})")));
}

void Tables::read_one(Table& table) {
  const auto key = free_key(table);
  if (!key) return;
  Item& item = table.items[*key];
  item.busy = true;
  ++table.requests;
  const int failures = story_.server.disk().failures;
  story_.server.send(
      dynamodb("GetItem", str_cat(R"({"TableName":")", table.name,
                                  R"(","ConsistentRead":true,"Key":)", key_json(*key), "}")),
      [this, &table, &item, key = *key, failures](const Reply& reply) {
        item.busy = false;
        --table.requests;
        if (reply.fate != Fate::kAnswered) return;
        if (!reply.ok()) {
          if (story_.server.disk().failures == failures)
            story_.wrong("GetItem: ", reply.status, " ", reply.body);
          return;
        }
        if (const Version version = Json(reply.body).number("/Item/v/N"); version != item.version)
          story_.wrong("GetItem of ", table.name, "/", key, " finds ", version, " instead of ",
                       item.version);
      });
}

}  // namespace tailrace::simulation
