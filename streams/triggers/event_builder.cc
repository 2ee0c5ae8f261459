#include "streams/triggers/event_builder.h"

#include <algorithm>

#include "storage/base/json_text.h"
#include "storage/base/time_text.h"
#include "streams/log/stream_log.h"

namespace tailrace::triggers {

namespace {

constexpr std::string_view kEventHead = R"({"Records":[)";

void append_tail(std::string& out, const WindowEvent* window) {
  out += ']';
  if (window) {
    out += ',';
    std::string members;
    JsonWriter json(members);
    json.begin_object();
    json.key("window").begin_object();
    json.string("start", iso_seconds_z(window->start)).string("end", iso_seconds_z(window->end));
    json.end_object();
    json.raw("state", window->state);
    json.string("shardId", window->shard_id);
    json.string("eventSourceARN", window->stream_arn);
    json.boolean("isFinalInvokeForWindow", window->is_final);
    json.boolean("isWindowTerminatedEarly", window->terminated_early);
    json.end_object();
    out.append(members, 1);  // Without its opening brace: the members go into the event.
    return;
  }
  out += '}';
}

}  // namespace

std::size_t event_overhead(const WindowEvent* window) {
  std::string tail;
  append_tail(tail, window);
  return kEventHead.size() + tail.size();
}

std::shared_ptr<const std::string> build_event(std::span<const QueuedRecord> records,
                                               const WindowEvent* window) {
  std::size_t bytes = 512;
  for (const QueuedRecord& record : records) bytes += record.length + 1;
  if (window) bytes += window->state.size();
  auto event = std::make_shared<std::string>();
  event->reserve(bytes);
  *event += kEventHead;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i > 0) *event += ',';
    *event += records[i].json();
  }
  append_tail(*event, window);
  return event;
}

std::string_view condition_name(DiscardCondition condition) {
  switch (condition) {
    case DiscardCondition::kRetryAttemptsExhausted:
      return "RetryAttemptsExhausted";
    case DiscardCondition::kRecordAgeExceeded:
      return "RecordAgeExceeded";
  }
  return "";
}

std::string failure_document(const DiscardedRecords& discarded) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("requestContext").begin_object();
  json.string("requestId", discarded.request_id).string("functionArn", discarded.function_arn);
  json.string("condition", condition_name(discarded.condition));
  json.number("approximateInvokeCount", std::max(1, discarded.invocations));
  json.end_object();
  if (discarded.condition == DiscardCondition::kRetryAttemptsExhausted) {
    json.key("responseContext").begin_object();
    json.number("statusCode", 200).string("executedVersion", discarded.executed_version);
    json.raw("functionError", discarded.unhandled ? R"("Unhandled")" : "null");
    json.end_object();
  }
  json.string("version", "1.0").string("timestamp", iso_millis_z(discarded.at));
  json.key("DDBStreamBatchInfo").begin_object();
  json.string("shardId", discarded.shard_id);
  json.string("startSequenceNumber", sequence_number_text(discarded.first_sequence));
  json.string("endSequenceNumber", sequence_number_text(discarded.last_sequence));
  json.string("approximateArrivalOfFirstRecord", iso_seconds_z(discarded.first_arrival));
  json.string("approximateArrivalOfLastRecord", iso_seconds_z(discarded.last_arrival));
  json.number("batchSize", static_cast<std::int64_t>(discarded.records));
  json.string("streamArn", discarded.stream_arn);
  json.end_object();
  json.end_object();
  return out;
}

}  // namespace tailrace::triggers
