// What tables must be when all is quiet.
#include <algorithm>

#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"
#include "tests/simulation/tables.h"

namespace tailrace::simulation {
namespace {

// Expired items go within a second of the interval.
constexpr std::int64_t kExpiredWithinSeconds = 5;

Version version_in(const rapidjson::Value& image) {
  return Json::number_of(Json::in(image, "/v/N"));
}

}  // namespace

Change change_of(const rapidjson::Value& record) {
  Change change{.key = Json::text_of(Json::in(record, "/dynamodb/Keys/pk/S"))};
  if (const auto* before = Json::in(record, "/dynamodb/OldImage"))
    change.before = version_in(*before);
  if (const auto* after = Json::in(record, "/dynamodb/NewImage")) change.after = version_in(*after);
  return change;
}

std::optional<Version> Tables::read(const Table& table, const std::string& key) {
  const Reply reply = story_.ask_ok(
      dynamodb("GetItem", str_cat(R"({"TableName":")", table.name,
                                  R"(","ConsistentRead":true,"Key":{"pk":{"S":")", key, "\"}}}")));
  if (story_.over()) return std::nullopt;
  return Json(reply.body).number("/Item/v/N");
}

void Tables::reconcile() {
  for (const auto& table : tables_) {
    if (table->changing) describe(*table);
  }
  while (!doubtful_.empty() && !story_.over()) {
    const SharedWrite write = doubtful_.front();
    find_out(write);
    if (!story_.over()) doubtful_.pop_front();
  }
}

// A request was cut off: what of it has happened?
void Tables::find_out(const SharedWrite& write) {
  if (write->refused) return settle(write, false);
  std::vector<bool> done;
  for (const Part& part : write->parts) {
    if (part.before == part.after) continue;  // Nothing is removed.
    const auto expiring = part.table->expiring.find(part.key);
    if (expiring != part.table->expiring.end()) {
      // It may have been written and be gone by now.
      expiring->second.doubtful = true;
      for (ModelRecord* removal : expiring->second.removals) removal->may_be_lost = true;
      if (part.record) part.record->may_be_lost = true;
      done.push_back(true);
      continue;
    }
    const auto version = read(*part.table, part.key);
    if (!version) return;
    if (*version != part.before && *version != part.after)
      return story_.wrong("after a restart ", part.table->name, "/", part.key, " is ", *version,
                          " instead of ", part.before, " or ", part.after);
    done.push_back(*version == part.after);
  }
  const bool all = std::ranges::all_of(done, [](bool d) { return d; });
  const bool none = std::ranges::none_of(done, [](bool d) { return d; });
  if (write->all_or_none && !all && !none)
    return story_.wrong("half of a transaction was carried out: ", write->text);
  auto next = done.begin();
  for (const Part& part : write->parts) settle(part, part.before != part.after && *next++);
}

void Tables::check() {
  for (const auto& table : tables_) {
    if (!table->there || table->changing || story_.over()) continue;
    check_items(*table);
    if (table->indexed && !story_.over()) check_index(*table);
  }
  for (const auto& stream : streams_) {
    if (!story_.over()) check_stream(*stream);
  }
}

std::map<std::string, Version> Tables::scan(const Table& table, std::string_view index) {
  std::map<std::string, Version> found;
  const Reply reply =
      story_.ask_ok(dynamodb("Scan", str_cat(R"({"TableName":")", table.name, "\"", index, "}")));
  if (story_.over()) return found;
  for (const auto& item : Json(reply.body).elements("/Items"))
    found[Json::text_of(Json::in(item, "/pk/S"))] = version_in(item);
  return found;
}

void Tables::check_items(Table& table) {
  const std::int64_t now = to_millis(story_.product_now()) / 1000;
  auto found = scan(table, "");
  if (story_.over()) return;
  for (auto& [key, item] : table.items) {
    const auto at = found.find(key);
    const Version version = at == found.end() ? 0 : at->second;
    if (at != found.end()) found.erase(at);
    const auto expiring = table.expiring.find(key);
    if (expiring != table.expiring.end() && table.expires) {
      const bool overdue = expiring->second.due + kExpiredWithinSeconds < now;
      if (version != 0 && overdue) {
        story_.wrong(table.name, "/", key, " expired at ", expiring->second.due,
                     " and is there at ", now);
      } else if (version == 0 && item.version != 0) {
        if (expiring->second.due > now && !expiring->second.doubtful)
          story_.wrong(table.name, "/", key, " expires at ", expiring->second.due,
                       " and is gone at ", now);
        for (ModelRecord* removal : expiring->second.removals) {
          if (removal->known == kNever && !removal->may_be_lost) removal->known = story_.tick();
        }
        item.version = 0;
      }
    } else if (expiring == table.expiring.end() && version != item.version) {
      story_.wrong(table.name, "/", key, " is ", version, " instead of ", item.version);
    }
  }
  for (const auto& [key, version] : found)
    story_.wrong(table.name, "/", key, " is ", version, " and was never written");
}

void Tables::check_index(const Table& table) {
  // Between the two scans something may expire.
  auto items = scan(table, "");
  auto entries = scan(table, R"(,"IndexName":"by-g")");
  if (story_.over()) return;
  const auto expiring = [](const auto& row) { return row.first.starts_with("ttl"); };
  std::erase_if(items, expiring);
  std::erase_if(entries, expiring);
  if (items != entries)
    story_.wrong("the index of ", table.name, " has ", entries.size(), " entries for ",
                 items.size(), " items, or others");
}

// --- Streams

void Tables::read_shard(const StreamModel& stream,
                        const std::string& shard_id,
                        std::vector<Seen>& seen) {
  const Reply begin = story_.ask_ok(
      streams("GetShardIterator", str_cat(R"({"StreamArn":")", stream.arn(), R"(","ShardId":")",
                                          shard_id, R"(","ShardIteratorType":"TRIM_HORIZON"})")));
  if (story_.over()) return;
  std::string iterator = Json(begin.body).text("/ShardIterator");
  while (!iterator.empty()) {
    const Reply reply =
        story_.ask_ok(streams("GetRecords", str_cat(R"({"ShardIterator":")", iterator, "\"}")));
    if (story_.over()) return;
    const Json page(reply.body);
    for (const auto& record : page.elements("/Records"))
      seen.push_back({.sequence = Json::sequence_of(Json::in(record, "/dynamodb/SequenceNumber")),
                      .change = change_of(record)});
    if (page.elements("/Records").Empty()) return;
    iterator = page.text("/NextShardIterator");
  }
}

std::vector<Tables::Seen> Tables::read_stream(const StreamModel& stream) {
  std::vector<Seen> seen;
  std::string after;
  do {
    const Reply reply = story_.ask(
        streams("DescribeStream", str_cat(R"({"StreamArn":")", stream.arn(), "\"", after, "}")));
    if (story_.over() || !reply.ok()) return seen;
    const Json page(reply.body);
    for (const auto& shard : page.elements("/StreamDescription/Shards")) {
      if (!story_.over()) read_shard(stream, Json::text_of(Json::in(shard, "/ShardId")), seen);
    }
    const std::string last = page.text("/StreamDescription/LastEvaluatedShardId");
    after = last.empty() ? "" : str_cat(R"(,"ExclusiveStartShardId":")", last, "\"");
  } while (!after.empty() && !story_.over());
  return seen;
}

void Tables::check_stream(StreamModel& stream) {
  auto seen = read_stream(stream);
  if (story_.over()) return;
  std::ranges::stable_sort(seen, {}, &Seen::sequence);
  std::map<const ModelRecord*, std::size_t> places;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ModelRecord* record = stream.find(seen[i].change);
    if (!record || record->undone)
      return story_.wrong("stream ", stream.table(),
                          " has a record of what did not happen: ", text_of(seen[i].change));
    if (!places.emplace(record, i).second)
      return story_.wrong("stream ", stream.table(),
                          " has a record twice: ", text_of(seen[i].change));
    record->sequence = seen[i].sequence;
    saw(*record);
  }
  for (const auto& [key, records] : stream.keys()) {
    std::size_t last = 0;
    for (const ModelRecord* record : records) {
      const auto place = places.find(record);
      if (place == places.end()) {
        const bool lost = record->known != kNever && !record->undone && !record->may_be_lost &&
                          story_.product_now() - record->written < std::chrono::hours(23);
        if (lost)
          return story_.wrong("stream ", stream.table(), " lacks ", text_of(record->change));
        continue;
      }
      if (place->second < last)
        return story_.wrong("stream ", stream.table(),
                            " has in the wrong order: ", text_of(record->change));
      last = place->second;
    }
  }
}

}  // namespace tailrace::simulation
