// How tables and their streams come and go.
#include <algorithm>

#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"
#include "tests/simulation/tables.h"

namespace tailrace::simulation {
namespace {

constexpr std::string_view kStream =
    R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"})";

}  // namespace

StreamModel* Tables::any_stream() {
  std::vector<StreamModel*> open;
  for (const auto& table : tables_) {
    if (table->there && !table->changing && table->stream) open.push_back(table->stream);
  }
  return open.empty() ? nullptr : story_.chance.one_of(open);
}

StreamModel* Tables::find_stream(std::string_view arn) {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [arn](const auto& stream) { return stream->arn() == arn; });
  return found == streams_.end() ? nullptr : found->get();
}

void Tables::create(Table& table) {
  const bool streaming = story_.chance.percent(90);
  std::string body = str_cat(
      R"({"TableName":")", table.name,
      R"(","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)",
      R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"})",
      table.indexed ? R"(,{"AttributeName":"g","AttributeType":"S"})" : "", "]");
  if (table.indexed) {
    body += R"(,"GlobalSecondaryIndexes":[{"IndexName":"by-g","KeySchema":)"
            R"([{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}])";
  }
  str_append(body, streaming ? "," : "", streaming ? kStream : "", "}");
  story_.tell("CreateTable ", table.name);
  table.changing = true;
  const int failures = story_.server.disk().failures;
  story_.server.send(dynamodb("CreateTable", std::move(body)),
                     [this, &table, failures](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       table.changing = false;
                       if (is_done("CreateTable", reply, failures))
                         created(table, Json(reply.body).text("/TableDescription/LatestStreamArn"));
                     });
}

// Refused it is only by a disk that failed.
bool Tables::is_done(std::string_view what, const Reply& reply, int failures) {
  if (reply.ok()) return true;
  const bool excused = reply.status == 500 && story_.server.disk().failures > failures;
  if (reply.fate == Fate::kAnswered && !excused)
    story_.wrong(what, ": ", reply.status, " ", reply.body);
  return false;
}

void Tables::created(Table& table, const std::string& arn) {
  table.there = true;
  stream_changed(table, arn);
  if (!table.expires) return;
  // Its answer is not waited for: an item that was written before it expires as well.
  story_.server.send(
      dynamodb("UpdateTimeToLive",
               str_cat(R"({"TableName":")", table.name,
                       R"(","TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true}})")),
      [&table](const Reply& reply) {
        if (!reply.ok()) table.expires = false;  // Whether it was carried out is known to nobody.
      });
}

void Tables::stream_changed(Table& table, const std::string& arn) {
  // What expires now may be told by the old stream, by the new one, or by none.
  for (auto& [key, expiring] : table.expiring) {
    for (ModelRecord* removal : expiring.removals) removal->may_be_lost = true;
  }
  table.stream = nullptr;
  if (arn.empty()) return;
  streams_.push_back(std::make_unique<StreamModel>(arn, table.name));
  table.stream = streams_.back().get();
  for (auto& [key, expiring] : table.expiring) {
    ModelRecord& removal = table.stream->add({.key = key, .before = expiring.version, .after = 0},
                                             story_.now(), story_.product_now());
    removal.may_be_lost = true;
    expiring.removals.push_back(&removal);
  }
}

void Tables::gone(Table& table) {
  table.there = false;
  stream_changed(table, {});
  table.expiring.clear();
  std::erase_if(table.items, [](const auto& item) { return item.first.starts_with("ttl"); });
  for (auto& [key, item] : table.items) item = {};
}

void Tables::remove(Table& table) {
  if (table.requests > 0) return;
  story_.tell("DeleteTable ", table.name);
  table.changing = true;
  const int failures = story_.server.disk().failures;
  story_.server.send(dynamodb("DeleteTable", str_cat(R"({"TableName":")", table.name, "\"}")),
                     [this, &table, failures](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       table.changing = false;
                       if (is_done("DeleteTable", reply, failures)) gone(table);
                     });
}

void Tables::change_stream(Table& table) {
  if (table.requests > 0) return;
  const bool on = table.stream == nullptr;
  story_.tell("UpdateTable ", table.name, ": stream ", on ? "on" : "off");
  table.changing = true;
  story_.server.send(
      dynamodb("UpdateTable",
               str_cat(R"({"TableName":")", table.name, R"(",)",
                       on ? kStream : R"("StreamSpecification":{"StreamEnabled":false})", "}")),
      [this, &table, on, failures = story_.server.disk().failures](const Reply& reply) {
        if (reply.fate == Fate::kReset) return;
        table.changing = false;
        if (is_done("UpdateTable", reply, failures))
          stream_changed(table,
                         on ? Json(reply.body).text("/TableDescription/LatestStreamArn") : "");
      });
}

// A request that would have changed it was cut off.
void Tables::describe(Table& table) {
  const int failures = story_.server.disk().failures;
  const Reply reply =
      story_.ask(dynamodb("DescribeTable", str_cat(R"({"TableName":")", table.name, "\"}")));
  if (story_.over() || story_.server.disk().failures > failures) return;
  table.changing = false;
  const Json json(reply.body);
  if (!reply.ok()) {
    if (table.there) gone(table);
    return;
  }
  const bool on = json.flag("/Table/StreamSpecification/StreamEnabled");
  const std::string arn = on ? json.text("/Table/LatestStreamArn") : "";
  if (!table.there) return created(table, arn);
  if (arn != (table.stream ? table.stream->arn() : "")) stream_changed(table, arn);
}

}  // namespace tailrace::simulation
