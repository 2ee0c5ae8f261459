// A stream record as GetRecords and Lambda events show it. (behaviour/streams 4;
// behaviour/triggers 5)
#include <chrono>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "streams/log/stream_log.h"

namespace tailrace {
namespace {

// The two consumers of TTL deletions spell the members differently. (behaviour/streams 3.5)
constexpr std::string_view kTtlIdentity =
    R"(,"userIdentity":{"Type":"Service","PrincipalId":"dynamodb.amazonaws.com"})";
constexpr std::string_view kTtlIdentityLambda =
    R"(,"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"})";

void append_change(std::string& out,
                   const Stream& stream,
                   const StreamRecord& record,
                   RecordForm form) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(record.created);
  str_append(out, R"(,"dynamodb":{"ApproximateCreationDateTime":)",
             seconds.time_since_epoch().count(), form == RecordForm::kLambdaEvent ? ".0" : "",
             R"(,"Keys":)", record.keys_json);
  if (record.new_image_json) str_append(out, R"(,"NewImage":)", *record.new_image_json);
  if (record.old_image_json) str_append(out, R"(,"OldImage":)", *record.old_image_json);
  str_append(out, R"(,"SequenceNumber":")", sequence_number_text(record.sequence),
             R"(","SizeBytes":)", record.size_bytes, R"(,"StreamViewType":")",
             view_type_name(stream.view_type), R"("})");
}

}  // namespace

void append_record_json(std::string& out,
                        const Stream& stream,
                        const StreamRecord& record,
                        RecordForm form) {
  // Nothing here needs escaping: names of regions and tables are checked when tables are made.
  str_append(out, R"({"eventID":")", record.event_id, R"(","eventName":")",
             event_name_text(record.event),
             R"(","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":")",
             stream.table.owner.region, '"');
  // Lambda events show it last. (behaviour/triggers 5)
  if (record.by_ttl && form == RecordForm::kStreamsApi) out += kTtlIdentity;
  append_change(out, stream, record, form);
  if (form == RecordForm::kLambdaEvent) {
    str_append(out, R"(,"eventSourceARN":")", stream_arn(stream), '"');
    if (record.by_ttl) out += kTtlIdentityLambda;
  }
  out += '}';
}

}  // namespace tailrace
